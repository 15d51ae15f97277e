-- Whether our role is a superuser.
SELECT r.rolsuper AS superuser FROM pg_catalog.pg_roles r WHERE r.rolname = CURRENT_USER
