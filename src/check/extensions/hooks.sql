-- What fires or writes on a migration's own statements here: event triggers, and pgaudit's settings for our session.
select
    'event trigger' as kind,
    t.evtname::text as name,
    t.evtevent::text as detail,
    o.rolname::text as owner,
    current_user::text as me
from
    pg_catalog.pg_event_trigger t
    join pg_catalog.pg_roles o on o.oid = t.evtowner
where
    t.evtenabled in ('O', 'A')
    and t.evtevent <> 'login'
union all
select
    'audit',
    'pgaudit.log',
    pg_catalog.current_setting('pgaudit.log', true),
    null,
    current_user::text
where
    pg_catalog.current_setting('pgaudit.log', true) ~* '(^|,)\s*(all|ddl|write|read)\M'
order by
    1,
    2
