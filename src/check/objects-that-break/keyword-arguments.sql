-- Functions with arguments or result columns whose names become keywords that cannot name an argument (func_arg and table_func_column
-- take a type_function_name, gram.y). The source server writes a function's arguments, and quotes what is a keyword to it.
WITH keyword (word, since) AS (
  VALUES ('normalize', 13), ('json_array', 16), ('json_arrayagg', 16), ('json_object', 16), ('json_objectagg', 16), ('system_user', 16),
         ('json', 17), ('json_exists', 17), ('json_query', 17), ('json_scalar', 17), ('json_serialize', 17), ('json_table', 17),
         ('json_value', 17), ('merge_action', 17)
)
SELECT n.nspname::text                                         AS schema,
       p.oid::pg_catalog.regprocedure::text                    AS name,
       a.argument                                              AS argument,
       k.since                                                 AS since
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 CROSS JOIN LATERAL unnest(p.proargnames) AS a (argument)
  JOIN keyword k ON k.word = a.argument
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT
                     FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e')
 ORDER BY 2, 3
