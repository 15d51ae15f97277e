import type { Provider } from '../provider.ts'
import { selfManaged } from '../self-managed.ts'
import { aiven } from './aiven.ts'
import { alloydb } from './alloydb.ts'
import { aptible } from './aptible.ts'
import { aurora } from './aurora.ts'
import { azureFlexible } from './azure-flexible.ts'
import { azureSingle } from './azure-single.ts'
import { civo } from './civo.ts'
import { cloudSql } from './cloud-sql.ts'
import { crunchy } from './crunchy.ts'
import { digitalocean } from './digitalocean.ts'
import { heroku } from './heroku.ts'
import { neon } from './neon.ts'
import { pigsty } from './pigsty.ts'
import { planetscale } from './planetscale.ts'
import { rds } from './rds.ts'
import { supabase } from './supabase.ts'
import { timescale } from './timescale.ts'

/**
 * Every provider, in the order in which they are recognised: what stands on another one comes before it (Aurora is an
 * RDS, DigitalOcean runs Aiven's engine, Azure Single shares a role with Flexible), what is plain PostgreSQL comes last.
 */
export const PROVIDERS: readonly Provider[] = [
  heroku,
  supabase,
  neon,
  timescale,
  planetscale,
  aurora,
  rds,
  alloydb,
  cloudSql,
  azureSingle,
  azureFlexible,
  digitalocean,
  aiven,
  crunchy,
  aptible,
  civo,
  pigsty,
  selfManaged,
]
