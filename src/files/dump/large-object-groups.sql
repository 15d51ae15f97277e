-- Large objects, together with those of the same owner and grants, in pg_dump's order.
SELECT pg_catalog.pg_get_userbyid(m.lomowner)::text AS owner,
       min(m.oid::int8)                             AS first,
       m.lomacl IS NOT NULL                         AS has_grants,
       array_agg(m.oid::text ORDER BY m.oid)        AS oids
  FROM pg_catalog.pg_largeobject_metadata m
 GROUP BY m.lomowner, m.lomacl::text, m.lomacl IS NOT NULL
 ORDER BY m.lomowner, m.lomacl::text
