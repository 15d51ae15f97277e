-- Schedulers that live in this database, and how their active jobs are counted. (pg_cron lives in one database of a server.)
select
    s.scheduler,
    s.jobs
from
    (
        values
            ('pg_cron', 'select pg_catalog.count(*)::pg_catalog.int4 as count from cron.job where active', 'cron.job'),
            ('pgAgent', 'select pg_catalog.count(*)::pg_catalog.int4 as count from pgagent.pga_job where jobenabled', 'pgagent.pga_job'),
            ('pg_timetable', 'select pg_catalog.count(*)::pg_catalog.int4 as count from timetable.chain where live', 'timetable.chain')
    ) s (scheduler, jobs, relation)
where
    pg_catalog.to_regclass(s.relation) is not null
