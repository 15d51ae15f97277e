-- Security labels, by the provider that has to be loaded where they are set.
SELECT l.provider::text AS provider, count(*)::int4 AS labels
  FROM pg_catalog.pg_seclabel l
 GROUP BY l.provider
 ORDER BY l.provider
