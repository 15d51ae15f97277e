/** A server parameter that a major version no longer knows. */
export interface RemovedParameter {
  name: string
  /** The first major without it. */
  removedIn: number
  /** The parameter that does the same now; the old value may need another unit (see the note). */
  replacedBy?: string
  /** A value that servers without it still take: it is hidden there, and can be set to this alone. */
  stillTakes?: string
  /** What to do about a setting of it. */
  note: string
}

/**
 * Parameters that were removed or renamed from 10 to 18, by the release notes of each ("Migration to Version N")
 * and by what servers of those majors list. A setting of one in ALTER ROLE or ALTER DATABASE cannot be made on the
 * target. Left out: ssl_ecdh_curve, which 18 still knows as an old name of ssl_groups (guc.c, map_old_guc_names).
 */
export const removedParameters: readonly RemovedParameter[] = [
  {
    name: 'sql_inheritance',
    removedIn: 10,
    note: 'Tables always include their children; write ONLY where one is meant.',
  },
  {
    name: 'min_parallel_relation_size',
    removedIn: 10,
    replacedBy: 'min_parallel_table_scan_size',
    note: 'Split into one for tables and one for indexes (min_parallel_index_scan_size).',
  },
  { name: 'replacement_sort_tuples', removedIn: 11, note: 'Sorting no longer uses replacement selection.' },
  {
    name: 'default_with_oids',
    removedIn: 12,
    stillTakes: 'off',
    note: 'No table has hidden oids any more.',
  },
  {
    name: 'wal_keep_segments',
    removedIn: 13,
    replacedBy: 'wal_keep_size',
    note: 'Counted in megabytes now: segments times wal_segment_size.',
  },
  {
    name: 'operator_precedence_warning',
    removedIn: 14,
    note: 'It warned of changes in 9.5, and nothing is left to be warned of.',
  },
  {
    name: 'vacuum_cleanup_index_scale_factor',
    removedIn: 14,
    note: 'VACUUM decides by itself whether indexes are cleaned up.',
  },
  { name: 'stats_temp_directory', removedIn: 15, note: 'Statistics are kept in shared memory.' },
  {
    name: 'force_parallel_mode',
    removedIn: 16,
    replacedBy: 'debug_parallel_query',
    note: 'Renamed; meant for tests alone.',
  },
  { name: 'promote_trigger_file', removedIn: 16, note: 'Promote with pg_promote() or pg_ctl promote.' },
  {
    name: 'vacuum_defer_cleanup_age',
    removedIn: 16,
    note: 'hot_standby_feedback or replication slots do its work.',
  },
  { name: 'old_snapshot_threshold', removedIn: 17, note: 'Removed for wrong results; there is no replacement.' },
  { name: 'db_user_namespace', removedIn: 17, note: 'User names for each database are no more; rename the roles.' },
  { name: 'trace_recovery_messages', removedIn: 17, note: 'Debug messages of the recovery follow log_min_messages.' },
]
