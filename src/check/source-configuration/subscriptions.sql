-- Subscriptions of this database; columns that everybody may read.
SELECT s.subname::text     AS name,
       s.subenabled        AS enabled,
       s.subslotname::text AS slot
  FROM pg_catalog.pg_subscription s
  JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
 WHERE d.datname = pg_catalog.current_database()
 ORDER BY 1
