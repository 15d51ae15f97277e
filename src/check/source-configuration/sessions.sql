-- How many sessions our role may have on this server and database, and how many there are; our own are not counted. A
-- limit of -1 is none, and holds no superuser back. Part of max_connections is kept for superusers (and from
-- PostgreSQL 16 on for members of pg_use_reserved_connections).
SELECT me.rolname::text                                                         AS role,
       pg_catalog.current_database()::text                                      AS database,
       me.rolsuper                                                              AS super,
       me.rolconnlimit                                                          AS role_limit,
       d.datconnlimit                                                           AS database_limit,
       pg_catalog.current_setting('max_connections')::int4                      AS server_limit,
       CASE WHEN me.rolsuper THEN 0
            ELSE pg_catalog.current_setting('superuser_reserved_connections')::int4
               + COALESCE(pg_catalog.current_setting('reserved_connections', true), '0')::int4 END AS reserved,
       pg_catalog.count(a.pid)                                                  AS server_used,
       pg_catalog.count(a.pid) FILTER (WHERE a.usesysid = me.oid)               AS role_used,
       pg_catalog.count(a.pid) FILTER (WHERE a.datid = d.oid)                   AS database_used
  FROM pg_catalog.pg_roles me
  JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
  LEFT JOIN pg_catalog.pg_stat_activity a
    ON a.datid IS NOT NULL AND a.usesysid IS NOT NULL AND a.application_name NOT LIKE 'pgleap:%'
   AND COALESCE(a.backend_type, 'client backend') = 'client backend'
 WHERE me.rolname = CURRENT_USER
 GROUP BY me.oid, me.rolname, me.rolsuper, me.rolconnlimit, d.oid, d.datconnlimit
