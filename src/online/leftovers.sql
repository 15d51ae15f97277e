-- Everything on this server, or in this database, whose name says that an online migration made it. `undo` removes it.
SELECT 'subscription' AS kind, s.subname::text AS name,
    pg_catalog.format('ALTER SUBSCRIPTION %1$I DISABLE; ALTER SUBSCRIPTION %1$I SET (slot_name = NONE); DROP SUBSCRIPTION %1$I', s.subname) AS undo
FROM pg_catalog.pg_subscription s
JOIN pg_catalog.pg_database d ON d.oid = s.subdbid AND d.datname = pg_catalog.current_database()
WHERE s.subname ~ '^pgleap_[0-9a-f]{8}(_back)?$'
UNION ALL
SELECT 'slot', s.slot_name::text, pg_catalog.format('SELECT pg_drop_replication_slot(%L)', s.slot_name)
FROM pg_catalog.pg_replication_slots s
-- Those of table synchronization bear the subscription's number, which is not known here once it is gone.
WHERE s.database = pg_catalog.current_database() AND s.slot_name ~ '^pgleap_[0-9a-f]{8}(_back)?$'
UNION ALL
SELECT 'publication', p.pubname::text, pg_catalog.format('DROP PUBLICATION %I', p.pubname)
FROM pg_catalog.pg_publication p
WHERE p.pubname ~ '^pgleap_[0-9a-f]{8}(_back)?(_truncate|_complete)?$'
UNION ALL
-- A subscription's progress is kept under its number (origin.c); one without its subscription was left behind.
SELECT 'origin', o.roname, pg_catalog.format('SELECT pg_replication_origin_drop(%L)', o.roname)
FROM pg_catalog.pg_replication_origin o
WHERE o.roname ~ '^pg_\d+(_\d+)?$'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_subscription s WHERE s.subid::text = pg_catalog.split_part(o.roname, '_', 2))
UNION ALL
SELECT 'schema', n.nspname::text, pg_catalog.format('DROP SCHEMA %I CASCADE', n.nspname)
FROM pg_catalog.pg_namespace n
WHERE n.nspname = 'pgleap_online'
    OR (n.nspname = 'pgleap' AND EXISTS (
        SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'run'))
UNION ALL
SELECT 'guard', 'default_transaction_read_only = on',
    pg_catalog.format('ALTER DATABASE %I RESET default_transaction_read_only', d.datname)
FROM pg_catalog.pg_db_role_setting s
JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase AND d.datname = pg_catalog.current_database()
WHERE s.setrole = 0 AND 'default_transaction_read_only=on' = ANY (s.setconfig)
