-- Moves every sequence $1 steps of 1 on, in the direction in which it counts, and never past its end.
SELECT pg_catalog.count(
    pg_catalog.setval(
        pg_catalog.format('%I.%I', s.schemaname, s.sequencename)::pg_catalog.regclass,
        CASE
            WHEN s.increment_by > 0 THEN least(s.max_value, coalesce(s.last_value, s.start_value)::numeric + $1)
            ELSE greatest(s.min_value, coalesce(s.last_value, s.start_value)::numeric - $1)
        END::bigint
    )
) AS moved
FROM pg_catalog.pg_sequences s
WHERE s.schemaname !~ '^pg_' AND s.schemaname NOT IN ('information_schema', 'pgleap_online')
