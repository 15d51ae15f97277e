-- Functions of the user's that a later major has under the same name and for the same arguments in pg_catalog, which is searched
-- first; and those whose name is a keyword there, so that a call without a schema is no call of a function any more (no arguments
-- given). since: the first major of it. New functions: pg_proc of the majors 13 to 18; keywords: kwlist.h.
WITH new_function (name, arguments, since) AS (
  VALUES ('gen_random_uuid', '', 13), ('gcd', 'integer, integer', 13), ('gcd', 'bigint, bigint', 13), ('gcd', 'numeric, numeric', 13),
         ('lcm', 'integer, integer', 13), ('lcm', 'bigint, bigint', 13), ('lcm', 'numeric, numeric', 13),
         ('min_scale', 'numeric', 13), ('trim_scale', 'numeric', 13),
         ('bit_count', 'bytea', 14), ('bit_count', 'bit', 14), ('date_bin', 'interval, timestamp without time zone, timestamp without time zone', 14),
         ('date_bin', 'interval, timestamp with time zone, timestamp with time zone', 14), ('string_to_table', 'text, text', 14),
         ('string_to_table', 'text, text, text', 14), ('trim_array', 'anyarray, integer', 14), ('unistr', 'text', 14),
         ('regexp_count', 'text, text', 15), ('regexp_count', 'text, text, integer', 15), ('regexp_count', 'text, text, integer, text', 15),
         ('regexp_instr', 'text, text', 15), ('regexp_instr', 'text, text, integer', 15),
         ('regexp_instr', 'text, text, integer, integer', 15), ('regexp_instr', 'text, text, integer, integer, integer', 15),
         ('regexp_instr', 'text, text, integer, integer, integer, text', 15),
         ('regexp_like', 'text, text', 15), ('regexp_like', 'text, text, text', 15),
         ('regexp_substr', 'text, text', 15), ('regexp_substr', 'text, text, integer', 15),
         ('regexp_substr', 'text, text, integer, integer', 15), ('regexp_substr', 'text, text, integer, integer, text', 15),
         ('regexp_substr', 'text, text, integer, integer, text, integer', 15),
         ('any_value', 'anyelement', 16), ('array_sample', 'anyarray, integer', 16), ('array_shuffle', 'anyarray', 16),
         ('date_add', 'timestamp with time zone, interval', 16), ('date_add', 'timestamp with time zone, interval, text', 16),
         ('date_subtract', 'timestamp with time zone, interval', 16), ('date_subtract', 'timestamp with time zone, interval, text', 16),
         ('erf', 'double precision', 16), ('erfc', 'double precision', 16),
         ('random', 'integer, integer', 17), ('random', 'bigint, bigint', 17), ('random', 'numeric, numeric', 17),
         ('to_bin', 'integer', 17), ('to_bin', 'bigint', 17), ('to_oct', 'integer', 17), ('to_oct', 'bigint', 17),
         ('uuid_extract_timestamp', 'uuid', 17), ('uuid_extract_version', 'uuid', 17), ('xmltext', 'text', 17), ('unicode_version', '', 17),
         ('array_reverse', 'anyarray', 18), ('array_sort', 'anyarray', 18), ('array_sort', 'anyarray, boolean', 18),
         ('casefold', 'text', 18), ('crc32', 'bytea', 18), ('crc32c', 'bytea', 18), ('gamma', 'double precision', 18),
         ('lgamma', 'double precision', 18), ('reverse', 'bytea', 18), ('uuidv4', '', 18), ('uuidv7', '', 18), ('uuidv7', 'interval', 18)
), keyword (name, since) AS (
  VALUES ('normalize', 13), ('json_array', 16), ('json_arrayagg', 16), ('json_object', 16), ('json_objectagg', 16), ('system_user', 16),
         ('json', 17), ('json_exists', 17), ('json_query', 17), ('json_scalar', 17), ('json_serialize', 17), ('json_table', 17),
         ('json_value', 17), ('merge_action', 17)
)
SELECT n.nspname::text                                         AS schema,
       p.oid::pg_catalog.regprocedure::text                    AS name,
       p.proname::text                                         AS plain_name,
       COALESCE(k.since, f.since)                              AS since,
       k.name IS NOT NULL                                      AS is_keyword
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  LEFT JOIN keyword k ON k.name = p.proname
  LEFT JOIN new_function f ON f.name = p.proname AND f.arguments = pg_catalog.oidvectortypes(p.proargtypes)
 WHERE COALESCE(k.since, f.since) IS NOT NULL AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT
                     FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e')
 ORDER BY 2
