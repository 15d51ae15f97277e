/** What a system catalog, view or function no longer has, and since which major. */
interface Gone {
  /** The first major without it. */
  gone: number
  instead?: string
}

export interface GoneColumn extends Gone {
  relation: string
  /** Undefined: the whole relation. */
  column?: string
}

/**
 * Columns and relations of pg_catalog, information_schema and pg_stat_statements that are gone since 11. From 14 on a test compares the
 * list with real servers; 11 and 12 as compared by hand (10.23 with 12.22) and by their release notes.
 */
export const goneColumns: readonly GoneColumn[] = [
  { relation: 'pg_class', column: 'relhaspkey', gone: 11, instead: 'pg_index.indisprimary' },
  { relation: 'pg_proc', column: 'proisagg', gone: 11, instead: "prokind = 'a'" },
  { relation: 'pg_proc', column: 'proiswindow', gone: 11, instead: "prokind = 'w'" },
  { relation: 'pg_attrdef', column: 'adsrc', gone: 12, instead: 'pg_get_expr(adbin, adrelid)' },
  { relation: 'pg_constraint', column: 'consrc', gone: 12, instead: 'pg_get_constraintdef(oid)' },
  { relation: 'pg_class', column: 'relhasoids', gone: 12 },
  { relation: 'pg_proc', column: 'protransform', gone: 12, instead: 'prosupport' },
  { relation: 'pg_stat_ssl', column: 'clientdn', gone: 12, instead: 'client_dn' },
  { relation: 'pg_statistic_ext', column: 'stxdependencies', gone: 12, instead: 'pg_statistic_ext_data' },
  { relation: 'pg_statistic_ext', column: 'stxndistinct', gone: 12, instead: 'pg_statistic_ext_data' },
  { relation: 'pg_pltemplate', gone: 13 },
  { relation: 'sql_languages', gone: 13 },
  { relation: 'sql_packages', gone: 13, instead: 'sql_features' },
  { relation: 'sql_sizing_profiles', gone: 13 },
  { relation: 'pg_stat_wal_receiver', column: 'received_lsn', gone: 13, instead: 'written_lsn or flushed_lsn' },
  { relation: 'pg_stat_statements', column: 'total_time', gone: 13, instead: 'total_exec_time' },
  { relation: 'pg_stat_statements', column: 'mean_time', gone: 13, instead: 'mean_exec_time' },
  { relation: 'pg_stat_statements', column: 'min_time', gone: 13, instead: 'min_exec_time' },
  { relation: 'pg_stat_statements', column: 'max_time', gone: 13, instead: 'max_exec_time' },
  { relation: 'pg_stat_statements', column: 'stddev_time', gone: 13, instead: 'stddev_exec_time' },
  { relation: 'pg_stat_ssl', column: 'compression', gone: 14 },
  { relation: 'pg_database', column: 'datlastsysoid', gone: 15, instead: '16383' },
  { relation: 'pg_collation', column: 'colliculocale', gone: 17, instead: 'colllocale' },
  { relation: 'pg_database', column: 'daticulocale', gone: 17, instead: 'datlocale' },
  { relation: 'pg_stat_bgwriter', column: 'checkpoints_timed', gone: 17, instead: 'pg_stat_checkpointer.num_timed' },
  { relation: 'pg_stat_bgwriter', column: 'checkpoints_req', gone: 17, instead: 'pg_stat_checkpointer.num_requested' },
  {
    relation: 'pg_stat_bgwriter',
    column: 'checkpoint_write_time',
    gone: 17,
    instead: 'pg_stat_checkpointer.write_time',
  },
  { relation: 'pg_stat_bgwriter', column: 'checkpoint_sync_time', gone: 17, instead: 'pg_stat_checkpointer.sync_time' },
  {
    relation: 'pg_stat_bgwriter',
    column: 'buffers_checkpoint',
    gone: 17,
    instead: 'pg_stat_checkpointer.buffers_written',
  },
  { relation: 'pg_stat_bgwriter', column: 'buffers_backend', gone: 17, instead: 'pg_stat_io.writes' },
  { relation: 'pg_stat_bgwriter', column: 'buffers_backend_fsync', gone: 17, instead: 'pg_stat_io.fsyncs' },
  { relation: 'pg_stat_progress_vacuum', column: 'max_dead_tuples', gone: 17, instead: 'max_dead_tuple_bytes' },
  { relation: 'pg_stat_progress_vacuum', column: 'num_dead_tuples', gone: 17, instead: 'num_dead_item_ids' },
  { relation: 'pg_stat_statements', column: 'blk_read_time', gone: 17, instead: 'shared_blk_read_time' },
  { relation: 'pg_stat_statements', column: 'blk_write_time', gone: 17, instead: 'shared_blk_write_time' },
  { relation: 'pg_attribute', column: 'attcacheoff', gone: 18 },
  { relation: 'pg_backend_memory_contexts', column: 'parent', gone: 18, instead: 'path' },
  { relation: 'pg_stat_io', column: 'op_bytes', gone: 18, instead: 'read_bytes, write_bytes and extend_bytes' },
  { relation: 'pg_stat_wal', column: 'wal_write', gone: 18, instead: "pg_stat_io.writes where object = 'wal'" },
  { relation: 'pg_stat_wal', column: 'wal_sync', gone: 18, instead: "pg_stat_io.fsyncs where object = 'wal'" },
  {
    relation: 'pg_stat_wal',
    column: 'wal_write_time',
    gone: 18,
    instead: "pg_stat_io.write_time where object = 'wal'",
  },
  { relation: 'pg_stat_wal', column: 'wal_sync_time', gone: 18, instead: "pg_stat_io.fsync_time where object = 'wal'" },
  { relation: 'element_types', column: 'domain_default', gone: 17 },
]

export interface GoneFunction extends Gone {
  name: string
  /** Only this one of the name is gone: then the name in a body says nothing, and an expression is searched for its OID. */
  arguments?: string
}

/** Functions of pg_catalog that are gone and that a person may have called. Proved as the columns are. */
export const goneFunctions: readonly GoneFunction[] = [
  { name: 'abstime', gone: 12, instead: 'a cast to timestamptz' },
  { name: 'reltime', gone: 12, instead: 'a cast to interval' },
  { name: 'timenow', gone: 12, instead: 'now()' },
  { name: 'currtid', gone: 14 },
  { name: 'numeric_fac', gone: 14, instead: 'factorial()' },
  { name: 'close_lb', gone: 15 },
  { name: 'close_sl', gone: 15 },
  { name: 'dist_bl', gone: 15 },
  { name: 'dist_lb', gone: 15 },
  { name: 'path_center', gone: 15 },
  { name: 'point', arguments: 'path', gone: 15, instead: 'point(polygon(the path))' },
  { name: 'pg_start_backup', gone: 15, instead: 'pg_backup_start()' },
  { name: 'pg_stop_backup', gone: 15, instead: 'pg_backup_stop()' },
  { name: 'pg_is_in_backup', gone: 15 },
  { name: 'pg_backup_start_time', gone: 15 },
  { name: 'interval_accum', gone: 17 },
  { name: 'interval_accum_inv', gone: 17 },
  { name: 'interval_combine', gone: 17 },
  { name: 'interval_avg', gone: 17 },
  { name: 'pg_read_file_old', gone: 17, instead: 'pg_read_file()' },
  { name: 'pg_rotate_logfile_old', gone: 17, instead: 'pg_rotate_logfile()' },
  { name: 'pg_stat_get_bgwriter_timed_checkpoints', gone: 17, instead: 'pg_stat_get_checkpointer_num_timed()' },
  { name: 'pg_stat_get_bgwriter_requested_checkpoints', gone: 17, instead: 'pg_stat_get_checkpointer_num_requested()' },
  {
    name: 'pg_stat_get_bgwriter_buf_written_checkpoints',
    gone: 17,
    instead: 'pg_stat_get_checkpointer_buffers_written()',
  },
  { name: 'pg_stat_get_buf_written_backend', gone: 17, instead: 'pg_stat_io' },
  { name: 'pg_stat_get_buf_fsync_backend', gone: 17, instead: 'pg_stat_io' },
  { name: 'pg_stat_get_checkpoint_write_time', gone: 17, instead: 'pg_stat_get_checkpointer_write_time()' },
  { name: 'pg_stat_get_checkpoint_sync_time', gone: 17, instead: 'pg_stat_get_checkpointer_sync_time()' },
  { name: 'pg_get_wal_records_info_till_end_of_wal', gone: 16, instead: 'pg_get_wal_records_info()' },
  { name: 'pg_get_wal_stats_till_end_of_wal', gone: 16, instead: 'pg_get_wal_stats()' },
  { name: 'pg_timezone_abbrevs', gone: 18, instead: 'the view pg_timezone_abbrevs' },
]

export interface GoneOperator extends Gone {
  /** As pg_catalog's regoperator writes it. */
  operator: string
}

/** Operators of pg_catalog that are gone; proved as the columns are. Found by OID in expressions: a body's text cannot tell. */
export const goneOperators: readonly GoneOperator[] = [
  { operator: '!(bigint,NONE)', gone: 14, instead: 'factorial()' },
  { operator: '!!(NONE,bigint)', gone: 14, instead: 'factorial()' },
  ...['box,box', 'circle,circle', 'lseg,box', 'lseg,line', 'point,box', 'point,circle', 'point,line', 'point,lseg'].map(
    onto,
  ),
  ...['point,path', 'point,polygon', 'polygon,polygon'].map(onto),
  ...['box,box', 'circle,circle', 'circle,point', 'path,point', 'polygon,point', 'polygon,polygon'].map((operands) => ({
    operator: `~(${operands})`,
    gone: 14,
    instead: '@>',
  })),
  { operator: '~(aclitem[],aclitem)', gone: 14, instead: '@>' },
  { operator: '##(line,box)', gone: 15 },
  { operator: '##(lseg,line)', gone: 15 },
  { operator: '<->(box,line)', gone: 15 },
  { operator: '<->(line,box)', gone: 15 },
  { operator: '@@(NONE,path)', gone: 15 },
]

function onto(operands: string): GoneOperator {
  return { operator: `@(${operands})`, gone: 14, instead: '<@' }
}

/** What still runs, but means something else: release notes of each major, "Migration". Looked for in function bodies. */
export const changedMeanings: readonly { pattern: RegExp; since: number; message: string }[] = [
  {
    pattern: /\bwith\s+oids\b|\boids\s*=\s*(?:true|on)\b/i,
    since: 12,
    message: 'it makes tables WITH OIDS, which is a syntax error',
  },
  {
    pattern: /\bdefault_with_oids\b/i,
    since: 12,
    message: 'it sets default_with_oids, which no longer exists',
  },
  {
    pattern: /\bcreate\s+unlogged\s+table\b[^;]*\bpartition\s+by\b/i,
    since: 18,
    message: 'it makes an unlogged partitioned table, which is an error',
  },
  {
    pattern: /\bpg_database\b[\s\S]*\bdat(?:collate|ctype)\b|\bdat(?:collate|ctype)\b[\s\S]*\bpg_database\b/i,
    since: 15,
    message:
      'pg_database.datcollate and datctype are text, no longer name: RETURN QUERY with a column of type name fails',
  },
]
