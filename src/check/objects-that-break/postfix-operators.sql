-- Operators of the user's that stand behind their operand (none from PostgreSQL 14 on).
SELECT n.nspname::text                                            AS schema,
       pg_catalog.format('%I.', n.nspname) || o.oprname           AS operator,
       o.oid::pg_catalog.regoperator::text                        AS name,
       pg_catalog.format_type(o.oprleft, NULL)                    AS operand,
       o.oprcode::text                                            AS function
  FROM pg_catalog.pg_operator o
  JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
 WHERE o.oprright = 0 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT
                     FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND d.objid = o.oid AND d.deptype = 'e')
 ORDER BY 3
