-- What replacing the rows of the tables $1.$2 (DELETE and COPY) would set off, unless session_replication_role turns it off:
-- triggers, rules of DELETE (COPY uses none), and the foreign keys of other tables that point to them.
WITH wanted AS (
    SELECT c.oid, pg_catalog.format('%I.%I', w.schema, w.name) AS name
    FROM unnest($1::text[], $2::text[]) AS w (schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
)
SELECT w.name AS "table", pg_catalog.format('trigger %I', t.tgname) AS what
FROM wanted w
JOIN pg_catalog.pg_trigger t ON t.tgrelid = w.oid AND NOT t.tgisinternal AND t.tgenabled = 'O'
    -- INSERT or DELETE (pg_trigger.h, TRIGGER_TYPE_*).
    AND (t.tgtype & (4 | 8)) <> 0
UNION ALL
SELECT w.name, pg_catalog.format('rule %I', r.rulename)
FROM wanted w
JOIN pg_catalog.pg_rewrite r ON r.ev_class = w.oid AND r.ev_type = '4' AND r.ev_enabled = 'O'
UNION ALL
SELECT w.name, pg_catalog.format('foreign key %I of %s', k.conname, k.conrelid::pg_catalog.regclass)
FROM wanted w
JOIN pg_catalog.pg_constraint k ON k.confrelid = w.oid AND k.contype = 'f' AND k.conrelid <> w.oid
ORDER BY 1, 2
