-- Columns of child tables and partitions that differ from their parents' in what later majors require to agree.
SELECT n.nspname::text                                                        AS schema,
       pg_catalog.format('%I.%I', n.nspname, c.relname)                       AS child,
       i.inhparent::pg_catalog.regclass::text                                 AS parent,
       pg_catalog.format('%I', a.attname)                                     AS column_name,
       c.relispartition                                                       AS is_partition,
       p.attnotnull AND NOT a.attnotnull                                      AS may_be_null,
       COALESCE(pg_catalog.to_jsonb(a) ->> 'attgenerated', '') <> ''          AS is_generated,
       COALESCE(pg_catalog.to_jsonb(p) ->> 'attgenerated', '') <> ''          AS parent_is_generated,
       a.attidentity::text                                                    AS identity,
       p.attidentity::text                                                    AS parent_identity,
       pg_catalog.pg_sequence_last_value(s.seqrelid) + s.seqincrement         AS next_identity
  FROM pg_catalog.pg_inherits i
  JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relkind IN ('r', 'p', 'f')
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute p ON p.attrelid = i.inhparent AND p.attnum > 0 AND NOT p.attisdropped
  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.inhrelid AND a.attname = p.attname AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_depend d ON a.attidentity <> '' AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
   AND d.refclassid = d.classid AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i'
  LEFT JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND (p.attnotnull AND NOT a.attnotnull
        OR a.attidentity <> '' AND c.relispartition
        OR a.atthasdef AND NOT p.atthasdef)
 ORDER BY 2, 4
