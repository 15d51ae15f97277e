-- Which of the parameters in $1 the server lists, whether only superusers may set them, and whether this user may.
-- Hidden ones (role, session_authorization, what only pg_read_all_settings sees) have no context; they are asked for apart.
SELECT n.name,
       s.context,
       pg_catalog.has_parameter_privilege(n.name, 'SET') AS granted
  FROM pg_catalog.unnest($1::pg_catalog.text[]) AS n (name)
  LEFT JOIN pg_catalog.pg_settings s ON pg_catalog.lower(s.name) = pg_catalog.lower(n.name)
