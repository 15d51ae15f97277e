-- The same for roles that may log in, by the view that some providers leave readable. Secrets.
SELECT usename::text AS role, passwd AS verifier FROM pg_catalog.pg_shadow WHERE passwd IS NOT NULL
