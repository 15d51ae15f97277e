import { extendProvider } from '../provider.ts'
import { rds } from './rds.ts'

/** The rules of RDS; what differs is where the parameters are. */
export const aurora = extendProvider(rds, {
  id: 'aurora',
  name: 'Amazon Aurora PostgreSQL',
  signatures: [{ function: 'aurora_version' }],
  replication: {
    note: 'A subscription is made by a member of rds_superuser. Unlogged tables are in the write-ahead log or not by rds.logically_replicate_unlogged_tables.',
  },
  parametersAt: 'the DB cluster parameter group (one of your own, not the default group)',
  sources: [
    'https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html',
  ],
})
