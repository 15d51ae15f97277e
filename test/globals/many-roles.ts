import { connectClient, type Major, type OwnServer, startServer } from '../kit/index.ts'

/** Passwords are asked of everyone but the superuser, whichever kind of verifier a role has. */
const HBA = ['host all postgres all trust', 'host all admin all trust', 'host all all all md5']

export function rolesServer(major: Major): Promise<OwnServer> {
  return startServer({ major, hba: HBA })
}

/** Runs statements one by one as the superuser. */
export async function run(server: OwnServer, ...statements: readonly string[]): Promise<void> {
  await using client = await connectClient(server.url())
  for (const statement of statements) await client.query(statement)
}

/**
 * 200 roles: 40 groups, in one another as a tree, and 160 users of several groups each, of every kind of attribute, password, comment and
 * setting; half of the passwords are md5. Names need quoting. The password of `app N` is `pw N`.
 */
export async function makeManyRoles(server: OwnServer): Promise<void> {
  await using client = await connectClient(server.url())
  await client.query(`do $do$
    declare name text;
    begin
      for i in 1..40 loop
        execute format('create role %I', 'Group ' || i);
        if i > 1 then
          execute format('grant %I to %I%s', 'Group ' || i / 2, 'Group ' || i, case when i % 3 = 0 then ' with admin option' else '' end);
        end if;
      end loop;
      for i in 1..160 loop
        name := 'app ' || i;
        perform set_config('password_encryption', case when i % 2 = 0 then 'md5' else 'scram-sha-256' end, true);
        execute format('create role %I password %L connection limit %s %s %s %s valid until %L', name, 'pw ' || i,
          case when i % 5 = 0 then 7 else -1 end,
          (array['', 'createdb', 'createrole', 'replication', 'bypassrls', 'superuser'])[1 + i % 6],
          case when i % 4 = 0 then 'noinherit' else '' end,
          case when i % 50 = 49 then 'nologin' else 'login' end,
          case when i % 7 = 0 then '2099-12-31 12:00:00+02' else 'infinity' end);
        execute format('grant %I to %I', 'Group ' || 1 + i % 40, name);
        execute format('grant %I to %I with admin option', 'Group ' || 1 + (i + 20) % 40, name);
        if i % 9 = 0 then execute format('grant pg_monitor to %I', name); end if;
        if i % 3 = 0 then
          execute format('alter role %I set search_path to "$user", public, "Odd ""one", ''''', name);
          execute format('alter role %I set work_mem = ''%s MB''', name, i);
          execute format('comment on role %I is %L', name, E'it''s \\\\ ' || i);
        end if;
        if i % 8 = 0 then
          execute format('alter role %I in database postgres set statement_timeout = ''1min''', name);
          execute format('alter role %I set role = %L', name, 'Group ' || 1 + i % 40);
          execute format('alter role %I set "odd.Parameter" = %L', name, E'it''s \\\\ "odd"');
        end if;
      end loop;
    end $do$`)
  await client.query(`alter role all set idle_in_transaction_session_timeout = '1h'`)
  await client.query(`alter role "app 1" set log_statement = 'ddl'`)
  await client.query(`create role "it's ""odd"" \\ ;--" login`)
}
