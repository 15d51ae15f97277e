-- One collation of each provider, with the version of its rules of order on this machine: libc's and ICU's are all of one
-- release. C and C.UTF-8 have no version.
SELECT DISTINCT ON (c.collprovider)
       c.collprovider                                          AS provider,
       pg_catalog.pg_collation_actual_version(c.oid)           AS version
  FROM pg_catalog.pg_collation c
 WHERE c.collprovider IN ('c', 'i') AND COALESCE(c.collcollate, '') !~* '^(C|POSIX|C\.UTF-?8)$'
 ORDER BY c.collprovider, c.oid
