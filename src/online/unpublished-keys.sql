-- Foreign keys from tables whose TRUNCATE is not streamed ($1.$2) to tables whose is ($3.$4).
SELECT k.conname::text AS key,
    pg_catalog.format('%I.%I', n.nspname, c.relname) AS "table",
    pg_catalog.format('%I.%I', rn.nspname, rc.relname) AS refers_to
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class rc ON rc.oid = k.confrelid
JOIN pg_catalog.pg_namespace rn ON rn.oid = rc.relnamespace
WHERE k.contype = 'f'
    AND (n.nspname::text, c.relname::text) IN (SELECT * FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) f)
    AND (rn.nspname::text, rc.relname::text) IN (SELECT * FROM ROWS FROM (pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::text[])) t)
ORDER BY 2, 1
