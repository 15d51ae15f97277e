-- Encoding conversions of the user's by functions of the user's. Those by built-in functions find the new ones by name.
SELECT n.nspname::text                                            AS schema,
       pg_catalog.format('%I.%I', n.nspname, c.conname)           AS name,
       c.condefault                                               AS is_default,
       pg_catalog.pg_encoding_to_char(c.conforencoding)::text     AS from_encoding,
       pg_catalog.pg_encoding_to_char(c.contoencoding)::text      AS to_encoding,
       c.conproc::text                                            AS function
  FROM pg_catalog.pg_conversion c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
 WHERE c.conproc >= 16384 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT
                     FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_conversion'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY 2
