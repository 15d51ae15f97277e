-- Foreign keys between columns of which one compares with a nondeterministic collation, and not both with the same (12 and newer).
SELECT n.nspname::text                                                        AS schema,
       pg_catalog.format('%I.%I', n.nspname, c.relname)                       AS name,
       k.conname::text                                                        AS constraint,
       a.attname::text                                                        AS column,
       pg_catalog.format('%I.%I', an.nspname, ac.collname)                    AS collation,
       pg_catalog.format('%s.%I', k.confrelid::pg_catalog.regclass, f.attname) AS other,
       pg_catalog.format('%I.%I', fn.nspname, fc.collname)                    AS other_collation
  FROM pg_catalog.pg_constraint k
 CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (here, there)
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.here
  JOIN pg_catalog.pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = pair.there
  JOIN pg_catalog.pg_collation ac ON ac.oid = a.attcollation
  JOIN pg_catalog.pg_collation fc ON fc.oid = f.attcollation
  JOIN pg_catalog.pg_namespace an ON an.oid = ac.collnamespace
  JOIN pg_catalog.pg_namespace fn ON fn.oid = fc.collnamespace
 WHERE k.contype = 'f' AND k.conparentid = 0 AND ac.oid <> fc.oid AND NOT (ac.collisdeterministic AND fc.collisdeterministic)
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
 ORDER BY 2, 3
