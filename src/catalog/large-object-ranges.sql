-- Cuts the large objects into ranges of at most $1 objects each, in the order of their OIDs.
SELECT min(r.oid)::int8 AS from_oid, max(r.oid)::int8 AS to_oid, count(*) AS count
  FROM (SELECT m.oid, (row_number() OVER (ORDER BY m.oid) - 1) / $1::int8 AS range
          FROM pg_catalog.pg_largeobject_metadata m) r
 GROUP BY r.range
 ORDER BY r.range
