/**
 * System relations whose rows hold other tables' values, other sessions' statements or secrets. Reading them needs
 * `reveal` besides `select`.
 */
const catalogNames: ReadonlySet<string> = new Set([
  'pg_authid',
  'pg_cursors',
  'pg_file_settings',
  'pg_foreign_data_wrapper',
  'pg_foreign_server',
  'pg_foreign_table',
  'pg_hba_file_rules',
  'pg_ident_file_mappings',
  'pg_largeobject',
  'pg_largeobject_metadata',
  'pg_prepared_statements',
  'pg_replication_slots',
  'pg_shadow',
  'pg_stat_activity',
  'pg_stat_replication',
  'pg_stat_subscription',
  'pg_stat_wal_receiver',
  'pg_statistic',
  'pg_statistic_ext',
  'pg_statistic_ext_data',
  'pg_stats',
  'pg_stats_ext',
  'pg_stats_ext_exprs',
  'pg_subscription',
  'pg_user_mapping',
  'pg_user_mappings',
]);

const informationSchemaNames: ReadonlySet<string> = new Set([
  '_pg_foreign_data_wrappers',
  '_pg_foreign_servers',
  '_pg_foreign_table_columns',
  '_pg_foreign_tables',
  '_pg_user_mappings',
  'foreign_data_wrapper_options',
  'foreign_server_options',
  'foreign_table_options',
  'user_mapping_options',
  'column_options',
]);

/** Extensions put these wherever they are installed. */
const anywhere: ReadonlySet<string> = new Set(['pg_stat_statements', 'pg_buffercache']);

export function bearsValues(relation: { readonly schema: string; readonly name: string }): boolean {
  const { schema, name } = relation;
  if (schema === 'pg_toast' || schema.startsWith('pg_toast_temp')) return true;
  if (schema === 'pg_catalog') return catalogNames.has(name);
  if (schema === 'information_schema') return informationSchemaNames.has(name);
  return anywhere.has(name);
}
