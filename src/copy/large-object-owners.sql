SELECT pg_catalog.pg_get_userbyid(m.lomowner)::text AS owner, array_agg(m.oid::text ORDER BY m.oid) AS oids
  FROM pg_catalog.pg_largeobject_metadata m
 WHERE m.oid BETWEEN $1::oid AND $2::oid
 GROUP BY m.lomowner
 ORDER BY 1
