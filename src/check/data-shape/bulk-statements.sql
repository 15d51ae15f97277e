-- Statements that change very many rows at once, and statements that make, replace or empty tables again and again. The
-- schema of pg_stat_statements has to be in the search path. Other users' statements need pg_read_all_stats.
SELECT pg_catalog.left(pg_catalog.regexp_replace(s.query, '\s+', ' ', 'g'), 80) AS query,
       CASE WHEN s.query = '<insufficient privilege>' THEN 'hidden'
            WHEN s.query ~* '^\s*(create\s+(unlogged\s+)?table|alter\s+table|drop\s+table|truncate)\M' THEN 'ddl'
            ELSE 'rows' END AS kind,
       sum(s.calls)::float8 AS calls,
       (sum(s.rows) / GREATEST(sum(s.calls), 1))::float8 AS rows
  FROM pg_stat_statements s
 WHERE s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
   AND (s.query = '<insufficient privilege>'
        OR (s.query ~* '^\s*(create\s+(unlogged\s+)?table|alter\s+table|drop\s+table|truncate)\M'
            AND s.query !~* '\mcreate\s+table\s+\S*pg_temp|\mtemp(orary)?\M')
        OR (s.query ~* '^\s*(with|insert|update|delete|merge|copy)\M' AND s.query !~* '^\s*copy\M.*\mto\M'
            AND s.rows >= 1000000 * s.calls AND s.query ~* '\m(insert|update|delete|merge|copy)\M'))
 GROUP BY 1, 2
HAVING NOT (pg_catalog.min(s.query) ~* '^\s*(create|alter|drop)' AND sum(s.calls) < 2)
 ORDER BY 4 DESC, 3 DESC
