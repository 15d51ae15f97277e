-- Text search dictionaries that read files of the server's (share/tsearch_data).
SELECT n.nspname::text AS schema,
       d.dictname::text AS name,
       d.dictinitoption AS options
  FROM pg_catalog.pg_ts_dict d
  JOIN pg_catalog.pg_namespace n ON n.oid = d.dictnamespace
 WHERE d.oid >= 16384
   AND d.dictinitoption ~* '\m(dictfile|afffile|stopwords|synonyms|rules|dictionary)\M\s*='
   AND d.oid NOT IN (SELECT x.objid FROM pg_catalog.pg_depend x
                      WHERE x.classid = 'pg_catalog.pg_ts_dict'::regclass AND x.deptype = 'e')
 ORDER BY 1, 2
