-- Functions whose source calls pgcrypto with ciphers that OpenSSL 3 has only in its legacy provider. crypt() and gen_salt('bf') have code of their own.
select
    p.oid::pg_catalog.regprocedure::text as name,
    pg_catalog.lower((pg_catalog.regexp_match(p.prosrc, '\m(?:en|de)crypt(?:_iv)?\s*\([^;]*?''(bf|blowfish|cast5|des)(?:-[^'']*)?''', 'i'))[1]) as cipher
from
    pg_catalog.pg_proc p
    join pg_catalog.pg_language l on l.oid = p.prolang and l.lanname not in ('c', 'internal')
where
    p.oid >= 16384
    and p.prosrc ~* '\m(?:en|de)crypt(?:_iv)?\s*\([^;]*?''(bf|blowfish|cast5|des)(?:-[^'']*)?'''
    and exists (
        select
        from
            pg_catalog.pg_extension
        where
            extname = 'pgcrypto'
    )
order by
    1
