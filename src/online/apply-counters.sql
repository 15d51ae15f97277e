-- Errors and conflicts of a subscription since its statistics began (15 and newer). Conflicts are counted from 18 on, and then
-- by kind; sync_error_count has another name from 19 on.
SELECT
    (c.stats ->> 'apply_error_count')::int8 AS errors,
    coalesce(c.stats ->> 'sync_error_count', c.stats ->> 'sync_table_error_count', '0')::int8 AS sync_errors,
    (
        SELECT coalesce(pg_catalog.jsonb_object_agg(pg_catalog.substr(kind, 7), count::int8), '{}')
        FROM pg_catalog.jsonb_each_text(c.stats) AS of_kind (kind, count)
        WHERE kind LIKE 'confl\_%' AND count <> '0'
    ) AS conflicts
FROM (
    SELECT pg_catalog.to_jsonb(s) AS stats FROM pg_catalog.pg_stat_subscription_stats s WHERE s.subid = $1
) c
