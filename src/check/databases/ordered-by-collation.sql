-- What only holds while text keeps its order: range partitions by text, and CHECK constraints that compare it (operators
-- <, <=, >, >= of text and bpchar: pg_operator.dat). With the collation that decides; 100 is the database's default.
WITH found AS (
    SELECT 'partitions' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS table_name, NULL::text AS constraint_name, k.oid AS collation
      FROM pg_catalog.pg_partitioned_table p
      JOIN pg_catalog.pg_class c ON c.oid = p.partrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL pg_catalog.unnest(p.partcollation::oid[]) AS k (oid)
     WHERE p.partstrat = 'r' AND k.oid <> 0
     UNION
    SELECT 'check', pg_catalog.format('%I.%I', n.nspname, c.relname), o.conname::text, m.match[1]::oid
      FROM pg_catalog.pg_constraint o
      JOIN pg_catalog.pg_class c ON c.oid = o.conrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL pg_catalog.regexp_matches(o.conbin::text,
           '\{OPEXPR :opno (?:664|665|666|667|1058|1059|1060|1061) [^{]*:inputcollid (\d+)', 'g') AS m (match)
     WHERE o.contype = 'c' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
)
SELECT f.kind, f.table_name AS "table", f.constraint_name AS "constraint",
       CASE WHEN f.collation = 100 THEN NULL ELSE pg_catalog.format('%I.%I', n.nspname, l.collname) END  AS collation,
       l.collprovider                                                   AS provider,
       l.collcollate                                                    AS collate,
       CASE WHEN f.collation = 100 THEN NULL ELSE pg_catalog.pg_collation_actual_version(l.oid) END AS version
  FROM found f
  JOIN pg_catalog.pg_collation l ON l.oid = f.collation
  JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace
 ORDER BY 1, 2, 3, 4
