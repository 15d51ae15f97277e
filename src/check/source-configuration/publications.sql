-- Publications of this database.
SELECT p.pubname::text                                             AS name,
       p.puballtables                                              AS all_tables,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_publication_rel r WHERE r.prpubid = p.oid) AS tables
  FROM pg_catalog.pg_publication p
 ORDER BY 1
