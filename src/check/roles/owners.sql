-- Roles that this database needs: owners of objects, those who hold rights on objects or are named by policies, and
-- those with settings in it. What belongs to extensions aside. Pinned roles (the superuser of initdb) are not in
-- pg_shdepend, so their objects are looked for one catalog after another.
with
    own_namespaces as (
        select
            oid
        from
            pg_catalog.pg_namespace
        where
            nspname !~ '^pg_(temp|toast)' and nspname not in ('pg_catalog', 'information_schema', 'pgleap')
    ),
    uses as (
        select
            s.refobjid as role,
            s.classid,
            s.objid,
            s.deptype = 'o' as owns
        from
            pg_catalog.pg_shdepend s
            left join pg_catalog.pg_class c on s.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid = s.objid
        where
            s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
            and s.dbid = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
            and s.classid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
            and (c.oid is null or c.relnamespace in (select oid from own_namespaces) or s.deptype <> 'o')
        union all
        select 10, 'pg_catalog.pg_class'::pg_catalog.regclass, oid, true from pg_catalog.pg_class
        where relowner = 10 and relkind in ('r', 'p', 'v', 'm', 'S', 'f') and relnamespace in (select oid from own_namespaces)
        union all
        select 10, 'pg_catalog.pg_proc'::pg_catalog.regclass, oid, true from pg_catalog.pg_proc
        where proowner = 10 and pronamespace in (select oid from own_namespaces)
        union all
        select 10, 'pg_catalog.pg_type'::pg_catalog.regclass, oid, true from pg_catalog.pg_type
        where typowner = 10 and typtype in ('d', 'e', 'r') and typnamespace in (select oid from own_namespaces)
        union all
        select 10, 'pg_catalog.pg_namespace'::pg_catalog.regclass, oid, true from pg_catalog.pg_namespace
        where nspowner = 10 and nspname <> 'public' and oid in (select oid from own_namespaces)
        union all
        select 10, 'pg_catalog.pg_publication'::pg_catalog.regclass, oid, true from pg_catalog.pg_publication
        where pubowner = 10
        union all
        select 10, 'pg_catalog.pg_event_trigger'::pg_catalog.regclass, oid, true from pg_catalog.pg_event_trigger
        where evtowner = 10
        union all
        select 10, 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, oid, true from pg_catalog.pg_foreign_server
        where srvowner = 10
        union all
        select 10, 'pg_catalog.pg_largeobject'::pg_catalog.regclass, oid, true from pg_catalog.pg_largeobject_metadata
        where lomowner = 10
    ),
    numbered as (
        select
            u.*,
            pg_catalog.count(*) filter (where u.owns) over (partition by u.role) as owned,
            pg_catalog.row_number() over (partition by u.role order by u.owns desc, u.classid, u.objid) as position
        from
            uses u
        where
            not exists (
                select
                from
                    pg_catalog.pg_depend d
                where
                    d.classid = u.classid and d.objid = u.objid and d.deptype = 'e'
            )
    ),
    examples as (
        select
            n.role,
            n.owned,
            pg_catalog.array_agg(pg_catalog.pg_describe_object(n.classid, n.objid, 0) order by n.position) as objects
        from
            numbered n
        where
            n.position <= 3
        group by
            1,
            2
    ),
    settings as (
        select distinct
            s.setrole as role
        from
            pg_catalog.pg_db_role_setting s
            join pg_catalog.pg_database d on d.oid = s.setdatabase and d.datname = pg_catalog.current_database()
    )
select
    r.rolname::text as role,
    r.oid = 10 as bootstrap,
    r.rolcanlogin as login,
    coalesce(e.owned, 0)::pg_catalog.int4 as owned,
    coalesce(e.objects, '{}') as examples
from
    pg_catalog.pg_roles r
    left join examples e on e.role = r.oid
where
    r.rolname !~ '^pg_' and (e.role is not null or r.oid in (select role from settings))
order by
    1
