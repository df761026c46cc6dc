/**
 * Functions of pg_catalog that are declared volatile and yet change nothing and show nothing of anybody else. Every
 * other volatile function is a call.
 */
export const safeVolatile: ReadonlySet<string> = new Set([
  'clock_timestamp',
  'current_query',
  'currval',
  'gen_random_uuid',
  'lastval',
  'pg_collation_actual_version',
  'pg_column_compression',
  'pg_column_size',
  'pg_database_collation_actual_version',
  'pg_database_size',
  'pg_indexes_size',
  'pg_is_in_recovery',
  'pg_is_wal_replay_paused',
  'pg_jit_available',
  'pg_partition_ancestors',
  'pg_partition_root',
  'pg_partition_tree',
  'pg_relation_size',
  'pg_table_size',
  'pg_tablespace_size',
  'pg_timezone_names',
  'pg_total_relation_size',
  'random',
  'random_normal',
  'setseed',
  'timeofday',
  'uuidv4',
  'uuidv7',
]);

/**
 * Functions of pg_catalog that are not declared volatile and yet run SQL text, show other sessions, or show values
 * from statistics.
 */
const unsafeNames: ReadonlySet<string> = new Set([
  'brin_page_items',
  'currtid',
  'currtid2',
  'cursor_to_xml',
  'cursor_to_xmlschema',
  'pg_mcv_list_items',
  'pg_show_all_file_settings',
  'pg_stat_get_activity',
  'pg_stat_get_backend_activity',
  'pg_stat_get_backend_client_addr',
  'pg_stat_get_backend_client_port',
  'pg_stat_get_wal_receiver',
  'pg_stat_get_wal_senders',
  'pg_stat_get_subscription',
  'pg_stat_get_progress_info',
  'pg_prepared_statement',
  'pg_cursor',
  'pg_options_to_table',
  'pg_get_replication_slots',
  'pg_hba_file_rules',
  'pg_ident_file_mappings',
  'ts_rewrite',
  'ts_stat',
]);

const unsafePatterns: readonly RegExp[] = [
  /_to_xml(schema|_and_xmlschema)?$/,
  // They read a text as a type that only their arguments name, and run what that type's input runs.
  /^(array|domain|enum|(multi)?range|record)_(in|recv)$/,
  /^pg_input_(is_valid|error_info)$/,
  /^dblink/,
  /^(be_)?lo_|^lo(read|write)$/,
  /^pg_(try_)?advisory_/,
  /^pg_(cancel|terminate)_backend$/,
  /^pg_(create|drop|copy)_/,
  /^pg_export_snapshot$/,
  /^pg_logical_/,
  /^pg_ls_/,
  /^pg_notify$/,
  /^pg_read_/,
  /^pg_replication_/,
  /^pg_sleep/,
  /^pg_stat_(file|reset)/,
  /^pg_stat_statements/,
  /^pg_wal|^pg_switch_wal/,
  /^binary_upgrade_/,
];

/** Whether a function of pg_catalog stays a call whatever the catalog says about its volatility. */
export function isUnsafe(name: string): boolean {
  return unsafeNames.has(name) || unsafePatterns.some((pattern) => pattern.test(name));
}
