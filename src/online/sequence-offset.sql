-- Moves the sequences $2.$3, which stand at $4, $1 steps of 1 on, in the direction in which each counts, and never past its end.
-- pg_sequences does not show where a sequence stands that was set (RESTART WITH) and not drawn from since.
SELECT pg_catalog.count(
    pg_catalog.setval(
        pg_catalog.format('%I.%I', s.schemaname, s.sequencename)::pg_catalog.regclass,
        CASE
            WHEN s.increment_by > 0 THEN least(s.max_value, now.value::numeric + $1)
            ELSE greatest(s.min_value, now.value::numeric - $1)
        END::bigint
    )
) AS moved
FROM unnest($2::text[], $3::text[], $4::int8[]) AS now (schema, name, value)
JOIN pg_catalog.pg_sequences s ON s.schemaname = now.schema AND s.sequencename = now.name
