-- What else has to be known to make the session's database again: where it lies as a whole, and its security labels.
SELECT t.spcname::text AS tablespace,
       (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('provider', l.provider, 'label', l.label)
                                             ORDER BY l.provider COLLATE "C"), '[]')
          FROM pg_catalog.pg_shseclabel l
         WHERE l.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass AND l.objoid = d.oid) AS labels
  FROM pg_catalog.pg_database d
  JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace
 WHERE d.datname = pg_catalog.current_database()
