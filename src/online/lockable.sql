-- Everything that rows are written to through: tables, partitioned ones too, so that whoever names the root waits as well. And
-- where large objects are made, which servers before 16 let a read only session do; it is for superusers alone to lock. Not
-- pg_largeobject: whoever reads them locks it as a writer does (inv_api.c, open_lo_relation), and we read them in the pause.
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS "table"
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence IN ('p', 'u')
    AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pgleap', 'pgleap_online')
    OR c.oid = 'pg_catalog.pg_largeobject_metadata'::regclass
    AND pg_catalog.has_table_privilege(c.oid, 'UPDATE')
ORDER BY c.oid
