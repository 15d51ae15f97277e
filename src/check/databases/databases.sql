-- All databases with their locales. Columns that only later majors have are read by way of JSON: NULL where there is none.
SELECT d.datname::text                                                       AS name,
       d.datname = pg_catalog.current_database()                             AS here,
       pg_catalog.pg_encoding_to_char(d.encoding)::text                      AS encoding,
       COALESCE(j.row ->> 'datlocprovider', 'c')                             AS provider,
       d.datcollate::text                                                    AS collate,
       d.datctype::text                                                      AS ctype,
       COALESCE(j.row ->> 'datlocale', j.row ->> 'daticulocale')             AS locale,
       d.datallowconn                                                        AS open,
       d.datistemplate                                                       AS template,
       d.datconnlimit = -2                                                   AS invalid
  FROM pg_catalog.pg_database d
 CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(d) AS row) j
 ORDER BY 1
