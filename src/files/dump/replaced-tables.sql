-- Of the tables $1 (OIDs), those whose name or storage is another by now than this transaction's snapshot shows: the catalog is read in the
-- snapshot, the functions look at what is there now. A TRUNCATE, or a new table under an old name, shows through every snapshot.
SELECT n.nspname::text AS schema, c.relname::text AS name
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.oid = ANY ($1::oid[])
   AND (pg_catalog.pg_relation_filenode(c.oid) IS DISTINCT FROM c.relfilenode
        OR pg_catalog.to_regclass(pg_catalog.format('%I.%I', n.nspname, c.relname))::oid IS DISTINCT FROM c.oid)
 ORDER BY n.nspname, c.relname
