/**
 * What every session of ours has, so that nothing of a role, database or server setting changes what is read or
 * written. They live and die with the session.
 */
export const OUR_SETTINGS: Readonly<Record<string, string>> = {
  // A migration's statements take as long as they take.
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0', // 14+
  transaction_timeout: '0', // 17+
  // What a killed pgleap has left running ends by itself, where the server can see that nobody listens.
  client_connection_check_interval: '10s', // 14+, on Linux
  // Nothing of the user's can stand in for a system object.
  search_path: '',
  // Rather an error than rows that are silently missing (invariant 3).
  row_security: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  // One text for one value, on every server and in both directions.
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  extra_float_digits: '3',
  bytea_output: 'hex',
  xmloption: 'content',
  array_nulls: 'on',
  lc_monetary: 'C',
  standard_conforming_strings: 'on',
  // Block order, so that ranges of blocks and repeated reads see the same.
  synchronize_seqscans: 'off',
  client_min_messages: 'warning',
}
