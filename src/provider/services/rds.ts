import { managed } from '../self-managed.ts'

export const rds = managed({
  id: 'rds',
  name: 'Amazon RDS for PostgreSQL',
  signatures: [
    { role: 'rdsadmin' },
    { role: 'rds_superuser' },
    { database: 'rdsadmin' },
    { setting: 'rds.extensions' },
    { host: '.rds.amazonaws.com' },
    { host: '.rds.amazonaws.com.cn' },
  ],
  reserved: {
    roles: ['rds_*', 'rdsadmin', 'rdsrepladmin', 'rdstopmgr', 'rdswriteforwarduser'],
    databases: ['rdsadmin'],
    extensions: ['rds_tools', 'aws_*'],
    tablespaces: ['rds_temp_tablespace'],
  },
  notGrantable: ['SUPERUSER', 'REPLICATION'],
  // CREATE TABLESPACE works, for compatibility; all of them lie on the one volume.
  notAllowed: ['TEXT SEARCH PARSER', 'TEXT SEARCH TEMPLATE'],
  replication: {
    parameters: [{ name: 'rds.logical_replication', value: '1', needs: 'restart' }],
    grant: 'GRANT rds_replication TO $role',
    note: 'A subscription is made by a member of rds_superuser.',
  },
  parameterNames: { wal_level: 'rds.logical_replication' },
  parametersAt: 'the DB parameter group of the instance (one of your own, not the default group)',
  extensionsAt: 'parameter rds.extensions; what needs preloading also in shared_preload_libraries',
  verifiers: 'unreadable',
  notes: [
    'From 16 on, granting rds_superuser to another role needs the admin option on it.',
    'BYPASSRLS is probed: the documentation does not say whether it can be granted.',
  ],
  sources: [
    'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html',
    'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.FeatureSupport.html',
  ],
})
