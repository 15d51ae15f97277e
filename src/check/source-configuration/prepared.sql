-- Prepared transactions of the whole server.
SELECT p.gid                                                                   AS gid,
       p.owner::text                                                           AS owner,
       p.database::text                                                        AS database,
       p.database = pg_catalog.current_database()                              AS here,
       pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - p.prepared) AS seconds
  FROM pg_catalog.pg_prepared_xacts p
 ORDER BY p.prepared, p.gid
