-- The bounds of the column's histogram, as text, in order; no row where the table was never analyzed.
SELECT s.histogram_bounds::text::text[] AS bounds
  FROM pg_catalog.pg_stats s
 WHERE s.schemaname = $1 AND s.tablename = $2 AND s.attname = $3 AND NOT s.inherited
   AND s.histogram_bounds IS NOT NULL
