-- Sets the sequences $1.$2 to the values in $3, each as called or not by $4.
SELECT count(pg_catalog.setval(format('%I.%I', s.schema, s.name)::regclass, s.last_value, s.is_called)) AS done
  FROM unnest($1::text[], $2::text[], $3::int8[], $4::bool[]) AS s (schema, name, last_value, is_called)
