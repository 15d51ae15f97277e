-- Tables whose replica identity has a column that may be stored out of line.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       pg_catalog.array_agg(a.attname::text || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod)
                            ORDER BY a.attnum) AS columns
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_index i
    ON i.indrelid = c.oid
   AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END
  JOIN pg_catalog.pg_attribute a
    ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey::int2[]) AND a.attstorage IN ('e', 'x')
       -- A value is moved out of line when the row is longer than 2 kB: a short varchar or char stays.
   AND NOT (a.atttypid IN ('bpchar'::regtype, 'varchar'::regtype) AND a.atttypmod BETWEEN 4 AND 400)
 WHERE c.relkind IN ('r', 'p')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND c.oid NOT IN (SELECT d.objid FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'e')
 GROUP BY n.nspname, c.relname
 ORDER BY n.nspname, c.relname
