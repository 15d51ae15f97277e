-- The names and abbreviations of time zones that this server knows, with their distance from UTC now, in seconds.
SELECT 'zone' AS kind, z.name AS name, pg_catalog.date_part('epoch', z.utc_offset)::int4 AS "offset"
  FROM pg_catalog.pg_timezone_names z
 WHERE z.name !~ '^(posix/|right/)' AND z.name NOT IN ('localtime', 'posixrules', 'Factory')
UNION ALL
SELECT 'abbreviation', a.abbrev, pg_catalog.date_part('epoch', a.utc_offset)::int4
  FROM pg_catalog.pg_timezone_abbrevs a
 ORDER BY 1, 2
