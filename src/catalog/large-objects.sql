-- How many large objects there are and how much room they take. The table of their pages is closed to all but
-- superusers, but its size is not.
SELECT count(*)                                                             AS count,
       pg_catalog.pg_relation_size('pg_catalog.pg_largeobject'::regclass)   AS bytes
  FROM pg_catalog.pg_largeobject_metadata m
