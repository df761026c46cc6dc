/**
 * Settings a client may change for itself. Everything else could change what texts mean, who the session is, what it
 * may do, or what ends up in logs and messages. The read-only modes are free because nothing rests on them: what a
 * statement writes is judged, whatever the mode.
 */
const freeSettings: ReadonlySet<string> = new Set([
  'application_name',
  'array_nulls',
  'backslash_quote',
  'bytea_output',
  'check_function_bodies',
  'constraint_exclusion',
  'cpu_index_tuple_cost',
  'cpu_operator_cost',
  'cpu_tuple_cost',
  'cursor_tuple_fraction',
  'datestyle',
  'deadlock_timeout',
  'default_statistics_target',
  'default_transaction_deferrable',
  'default_transaction_isolation',
  'default_transaction_read_only',
  'effective_cache_size',
  'effective_io_concurrency',
  'extra_float_digits',
  'from_collapse_limit',
  'geqo',
  'geqo_threshold',
  'gin_fuzzy_search_limit',
  'hash_mem_multiplier',
  'icu_validation_level',
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
  'intervalstyle',
  'jit',
  'jit_above_cost',
  'join_collapse_limit',
  'lc_messages',
  'lc_monetary',
  'lc_numeric',
  'lc_time',
  'lock_timeout',
  'maintenance_work_mem',
  'max_parallel_workers_per_gather',
  'parallel_setup_cost',
  'parallel_tuple_cost',
  'plan_cache_mode',
  'quote_all_identifiers',
  'random_page_cost',
  'recursive_worktable_factor',
  'row_security',
  'seq_page_cost',
  'statement_timeout',
  'synchronous_commit',
  'temp_buffers',
  'timezone',
  'timezone_abbreviations',
  'transaction_deferrable',
  'transaction_isolation',
  'transaction_read_only',
  'transaction_timeout',
  'work_mem',
  'xmlbinary',
  'xmloption',
]);

/** Settings that may take some values only; compared in lower case. */
const restricted: Readonly<Record<string, ReadonlySet<string>>> = {
  client_encoding: new Set(['utf8', 'utf-8', 'unicode']),
  // debug levels would send the client internal texts with values in them.
  client_min_messages: new Set(['log', 'notice', 'warning', 'error']),
  standard_conforming_strings: new Set(['on', 'true', 'yes', '1']),
};

/** Settings whose reset to the session's default is harmless. */
const resettable: ReadonlySet<string> = new Set(['client_min_messages']);

/** @param value undefined for RESET and SET … TO DEFAULT. */
export function mayChange(name: string, value: string | undefined): boolean {
  const setting = name.toLowerCase();
  if (freeSettings.has(setting) || /^enable_[a-z_]+$/.test(setting)) return true;
  if (value === undefined) return resettable.has(setting);
  return restricted[setting]?.has(value.toLowerCase()) ?? false;
}
