/**
 * Parameters that say where a server is and how it runs there, or that initdb and the operator choose anew for each server: that two
 * servers differ in these means nothing.
 */
const OF_ITS_SERVER: readonly RegExp[] = [
  /_(?:file|file_mode|directory|directories|dir)$/u,
  /^(?:port|listen_addresses|bonjour.*|cluster_name|external_pid_file|data_sync_retry|unix_socket_\w+)$/u,
  /^(?:archive_\w+|restore_command|recovery_\w+|primary_\w+|promote_\w+|hot_standby|synchronous_standby_names)$/u,
  /^(?:ssl|ssl_\w+|krb_\w+|ldap_\w+|log_(?:destination|filename|timezone)|logging_collector|syslog_\w+|event_source|debug_\w+|trace_\w+)$/u,
  /^(?:dynamic_shared_memory_type|shared_memory_type|min_dynamic_shared_memory|huge_pages\w*|lc_messages)$/u,
  /^(?:application_name|transaction_\w+|client_encoding|session_authorization|role|seed|wal_sync_method|io_method)$/u,
  // T09 compares these, and says what a difference means.
  /^(?:TimeZone|DateStyle|IntervalStyle|lc_monetary|lc_numeric|lc_time|default_text_search_config)$/u,
]

export function isOfItsServer(name: string): boolean {
  return OF_ITS_SERVER.some((pattern) => pattern.test(name))
}
