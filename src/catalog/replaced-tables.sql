-- Of the tables $2 of the schemas $1, those whose name or storage is another by now than this transaction's snapshot shows: the catalog is read in the
-- snapshot, the functions look at what is there now. A TRUNCATE, or a new table under an old name, shows through every snapshot.
SELECT DISTINCT n.nspname::text AS schema, c.relname::text AS name
  FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS t (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = t.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.name
 WHERE (pg_catalog.pg_relation_filenode(c.oid) IS DISTINCT FROM c.relfilenode
        OR pg_catalog.to_regclass(pg_catalog.format('%I.%I', n.nspname, c.relname))::oid IS DISTINCT FROM c.oid)
 ORDER BY 1, 2
