-- What is needed to say whether a type's binary form is stable (see binary-types.ts): built-in types, and the kinds of
-- user types that may be. Composite types and arrays of user types never are, so they do not appear.
SELECT t.oid::int8                AS oid,
       t.typname::text            AS name,
       t.typtype::text            AS kind,
       t.oid < 16384              AS built_in,
       CASE WHEN t.typtype = 'd' THEN t.typbasetype
            WHEN t.typtype = 'r' THEN r.rngsubtype
            WHEN t.typtype = 'b' AND t.typcategory = 'A' THEN t.typelem
            ELSE 0 END::int8      AS inner_oid
  FROM pg_catalog.pg_type t
  LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid
 WHERE t.typtype IN ('d', 'e', 'r')
    OR (t.oid < 16384 AND t.typtype IN ('b', 'm'))
