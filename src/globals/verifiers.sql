-- What the passwords of all roles are checked against. Secrets.
SELECT rolname::text AS role, rolpassword AS verifier FROM pg_catalog.pg_authid WHERE rolpassword IS NOT NULL
