-- Roles of the demo shop. Safe to run again, and runnable by anyone who may create roles.
-- shop_owner owns the database and is a member of the two departments, so that it can hand tables to them.
DO $roles$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['shop_sales', 'shop_stock', 'shop_auditor', 'Shop "Reader"', 'shop_owner'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role) THEN
      EXECUTE format('CREATE ROLE %I', role);
    END IF;
  END LOOP;
  ALTER ROLE shop_owner LOGIN;
  FOREACH role IN ARRAY ARRAY['shop_sales', 'shop_stock'] LOOP
    IF NOT pg_catalog.pg_has_role('shop_owner', role, 'MEMBER') THEN
      EXECUTE format('GRANT %I TO shop_owner', role);
    END IF;
  END LOOP;
END
$roles$;
