-- Hashes of one slice, of $3 bytes from offset $2 on, of the large objects $1 (an array of OIDs). The content is read as
-- a program would read it: pages that were never written (holes) are the zeros that they stand for.
SELECT s.oid::int8                                       AS oid,
       pg_catalog.length(s.slice)                        AS bytes,
       pg_catalog.encode(pg_catalog.sha256(s.slice), 'hex') AS hash
  FROM (SELECT o.oid, pg_catalog.lo_get(o.oid, $2::int8, $3::int4) AS slice FROM unnest($1::oid[]) AS o (oid)) s
