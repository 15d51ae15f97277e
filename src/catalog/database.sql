SELECT d.datname::text                                          AS name,
       pg_catalog.pg_get_userbyid(d.datdba)::text               AS owner,
       pg_catalog.pg_encoding_to_char(d.encoding)::text         AS encoding,
       d.datcollate::text                                       AS collate,
       d.datctype::text                                         AS ctype,
       d.datlocprovider::text                                   AS locale_provider,
       d.datlocale                                              AS icu_locale,
       d.daticurules                                            AS icu_rules,
       d.datconnlimit                                           AS connection_limit,
       pg_catalog.shobj_description(d.oid, 'pg_database')       AS comment,
       d.datacl IS NOT NULL                                     AS has_grants
  FROM pg_catalog.pg_database d
 WHERE d.datname = pg_catalog.current_database()
