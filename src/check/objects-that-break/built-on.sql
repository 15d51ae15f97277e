-- Aggregates, operators and casts of the user's that are made of built-in functions which a later major no longer has,
-- or, for the polymorphic ones, has for anycompatible in place of anyelement. gone: the first major without it.
WITH removed (signature, gone, instead) AS (
  VALUES ('array_append(anyarray,anyelement)', 14, 'array_append(anycompatiblearray,anycompatible)'),
         ('array_cat(anyarray,anyarray)', 14, 'array_cat(anycompatiblearray,anycompatiblearray)'),
         ('array_prepend(anyelement,anyarray)', 14, 'array_prepend(anycompatible,anycompatiblearray)'),
         ('array_remove(anyarray,anyelement)', 14, 'array_remove(anycompatiblearray,anycompatible)'),
         ('array_replace(anyarray,anyelement,anyelement)', 14, 'array_replace(anycompatiblearray,anycompatible,anycompatible)'),
         ('array_position(anyarray,anyelement)', 14, 'array_position(anycompatiblearray,anycompatible)'),
         ('array_position(anyarray,anyelement,integer)', 14, 'array_position(anycompatiblearray,anycompatible,integer)'),
         ('array_positions(anyarray,anyelement)', 14, 'array_positions(anycompatiblearray,anycompatible)'),
         ('width_bucket(anyelement,anyarray)', 14, 'width_bucket(anycompatible,anycompatiblearray)'),
         ('numeric_fac(bigint)', 14, 'factorial(bigint)'),
         ('close_lb(line,box)', 15, NULL),
         ('close_sl(lseg,line)', 15, NULL),
         ('dist_bl(box,line)', 15, NULL),
         ('dist_lb(line,box)', 15, NULL),
         ('path_center(path)', 15, NULL),
         ('point(path)', 15, NULL),
         ('interval_accum(interval[],interval)', 17, 'the built-in avg(interval) and sum(interval)'),
         ('interval_accum_inv(interval[],interval)', 17, 'the built-in avg(interval) and sum(interval)'),
         ('interval_combine(interval[],interval[])', 17, 'the built-in avg(interval) and sum(interval)'),
         ('interval_avg(interval[])', 17, 'the built-in avg(interval) and sum(interval)')
), gone AS (
  SELECT pg_catalog.to_regprocedure('pg_catalog.' || r.signature)::pg_catalog.oid AS oid, r.*,
         r.signature ~ 'any(array|element)' AS polymorphic
    FROM removed r
), polymorphic AS (
  SELECT ARRAY['pg_catalog.anyarray', 'pg_catalog.anyelement']::pg_catalog.regtype[]::pg_catalog.oid[] AS types
), used AS (
  -- What has concrete types finds the function of the same name, and is well.
  SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass AS class, p.oid, p.pronamespace AS namespace, g.signature, g.gone, g.instead,
         'aggregate ' || p.oid::pg_catalog.regprocedure::text AS name
    FROM pg_catalog.pg_aggregate a
    JOIN pg_catalog.pg_proc p ON p.oid = a.aggfnoid
    JOIN gone g ON g.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn)
   WHERE NOT g.polymorphic OR a.aggtranstype = ANY ((SELECT types FROM polymorphic)::pg_catalog.oid[])
  UNION ALL
  SELECT 'pg_catalog.pg_operator'::pg_catalog.regclass, o.oid, o.oprnamespace, g.signature, g.gone, g.instead,
         'operator ' || o.oid::pg_catalog.regoperator::text
    FROM pg_catalog.pg_operator o
    JOIN gone g ON g.oid = o.oprcode
   WHERE NOT g.polymorphic OR ARRAY[o.oprleft, o.oprright] && (SELECT types FROM polymorphic)
  UNION ALL
  SELECT 'pg_catalog.pg_cast'::pg_catalog.regclass, c.oid, pg_catalog.to_regnamespace('public')::pg_catalog.oid, g.signature, g.gone, g.instead,
         'cast ' || pg_catalog.format_type(c.castsource, NULL) || ' as ' || pg_catalog.format_type(c.casttarget, NULL)
    FROM pg_catalog.pg_cast c
    JOIN gone g ON g.oid = c.castfunc
   WHERE c.oid >= 16384
)
SELECT n.nspname::text                                               AS schema,
       u.name                                                        AS name,
       pg_catalog.string_agg(u.signature, ' and ' ORDER BY u.signature) AS function,
       pg_catalog.min(u.gone)                                        AS gone,
       pg_catalog.min(u.instead)                                     AS instead
  FROM used u
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = u.namespace
 WHERE COALESCE(n.nspname !~ '^pg_' AND n.nspname <> 'information_schema', true)
   AND NOT EXISTS (SELECT
                     FROM pg_catalog.pg_depend d
                    WHERE d.classid = u.class AND d.objid = u.oid AND d.deptype = 'e')
 GROUP BY 1, 2
 ORDER BY 2
