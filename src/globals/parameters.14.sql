-- PostgreSQL 14 and older: parameters cannot be granted, superusers set all of them.
SELECT n.name,
       s.context,
       pg_catalog.current_setting('is_superuser') = 'on' AS granted
  FROM pg_catalog.unnest($1::pg_catalog.text[]) AS n (name)
  LEFT JOIN pg_catalog.pg_settings s ON pg_catalog.lower(s.name) = pg_catalog.lower(n.name)
