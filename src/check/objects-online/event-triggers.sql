-- Event triggers that fire in ordinary sessions.
SELECT e.evtname::text AS name,
       e.evtevent::text AS event,
       e.evtenabled::text AS enabled
  FROM pg_catalog.pg_event_trigger e
 WHERE e.evtenabled <> 'D'
   AND e.oid NOT IN (SELECT d.objid FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_event_trigger'::regclass AND d.deptype = 'e')
 ORDER BY 1
