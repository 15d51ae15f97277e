import { expect, test } from 'vitest'
import { grantsOf, withoutStatements } from '../../src/archive/index.ts'
import { entryOf } from './sample.ts'

const acl = entryOf({
  desc: 'ACL',
  tag: 'TABLE t',
  owner: 'app',
  defn: `REVOKE ALL ON TABLE public.t FROM app;
GRANT SELECT ON TABLE public.t TO reader;
GRANT SELECT(x) ON TABLE public.t TO "the; admin";
SET SESSION AUTHORIZATION rdsadmin;
GRANT SELECT ON TABLE public.t TO other;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION reader;
GRANT SELECT ON TABLE public.t TO "the; admin";
RESET SESSION AUTHORIZATION;


`,
})

const without = (...names: string[]) => withoutStatements(acl, (roles) => roles.some((role) => names.includes(role)))

test('loses the statements that name a role, and no other', () => {
  const { defn, left } = without('the; admin')
  expect(left).toBe(2)
  expect(defn).toBe(`REVOKE ALL ON TABLE public.t FROM app;
GRANT SELECT ON TABLE public.t TO reader;
SET SESSION AUTHORIZATION rdsadmin;
GRANT SELECT ON TABLE public.t TO other;
RESET SESSION AUTHORIZATION;`)
})

test('a grant whose grantor is not wanted becomes the owner’s', () => {
  const { defn, left } = without('rdsadmin')
  expect(left).toBe(0)
  expect(defn).not.toContain('rdsadmin')
  expect(grantsOf({ ...acl, defn })).toEqual(grantsOf(acl))
})

test('comes back as it is where no statement goes', () => {
  expect(without('nobody')).toEqual({ defn: acl.defn, left: 0 })
})
