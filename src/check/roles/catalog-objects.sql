-- Which of these objects of a server (as pg_identify_object writes them) there are here.
select
    w.object,
    case
        when w.type = 'function' then pg_catalog.to_regprocedure(w.object) is not null
        when w.type = 'schema' then pg_catalog.to_regnamespace(w.object) is not null
        else pg_catalog.to_regclass(w.relation) is not null
    end as present,
    i.rolsuper as superuser
from
    unnest($1::text[], $2::text[], $3::text[]) w (type, object, relation)
    join pg_catalog.pg_roles i on i.rolname = current_user
