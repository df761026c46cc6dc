import { catalogSearchPath } from './dialect.js';
import { askInternally } from './internal-queries.js';
import { readPrepared } from './prepared-reading.js';
import type { SessionCore } from './session-core.js';

/**
 * Everything of the session's that names depend on, in one answer. Every name is qualified, operators too: the path
 * that this asks about may be one on which somebody shadows them.
 */
export const sessionStateQuery = `
  SELECT 'path', s.name, NULL FROM pg_catalog.unnest(pg_catalog.current_schemas(true)) AS s(name)
  UNION ALL
  SELECT 'temp', relname, NULL FROM pg_catalog.pg_class
   WHERE relnamespace OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()
  UNION ALL
  SELECT 'statement', name, statement FROM pg_catalog.pg_prepared_statements
  UNION ALL
  SELECT 'cursor', name, statement FROM pg_catalog.pg_cursors`;

/** The schemas of an answer to sessionStateQuery, in lookup order; temporary ones are kept apart by name. */
export function searchPathOf(rows: readonly (readonly (string | null)[])[]): string[] {
  return valuesOf(rows, 'path').filter((name) => !/^pg_(toast_)?temp_/.test(name));
}

/**
 * Reads anew what the session's last statements may have changed. Rejects when the target does not answer; nothing may be
 * judged then.
 */
export async function resynchronise(core: SessionCore): Promise<void> {
  const { state } = core;
  if (state.sessionStale) {
    const [rows] = await askInternally(core, [sessionStateQuery]);
    applySession(core, rows!);
    state.sessionStale = false;
  }
  // What this transaction did to the catalog is visible on this connection alone until it commits.
  if (state.catalogStale && (state.inBlock || state.groupOpen)) {
    const { dialect, classification } = core.source;
    const answers = await onCatalogPath(core, dialect.catalogQueries);
    state.ownViewBase = core.source.current();
    state.ownView = classification.view(dialect.buildCatalog(answers));
  } else {
    state.ownView = undefined;
    await core.source.refresh();
  }
  state.catalogStale = false;
  const view = core.view();
  if (!view) throw new Error('the catalog of the target cannot be read');
  state.see(view);
  const { confirmed, unnamed } = state.statements;
  for (const prepared of unnamed ? [unnamed, ...confirmed.values()] : confirmed.values()) {
    if (prepared.epoch !== state.epoch) readPrepared(core, prepared);
  }
}

/** The setting is local to the transaction, and put back to what it was within it. */
async function onCatalogPath(core: SessionCore, texts: readonly string[]): Promise<(string | null)[][][]> {
  const set = (name: string, value: string): string => `SELECT pg_catalog.set_config('${name}', ${value}, true)`;
  const kept = 'sallyport.search_path';
  const answers = await askInternally(core, [
    set(kept, `pg_catalog.current_setting('search_path')`),
    set('search_path', `'${catalogSearchPath}'`),
    ...texts,
    set('search_path', `pg_catalog.current_setting('${kept}')`),
  ]);
  return answers.slice(2, -1);
}

function applySession(core: SessionCore, rows: readonly (readonly (string | null)[])[]): void {
  const { state } = core;
  state.setSearchPath(searchPathOf(rows));
  for (const name of valuesOf(rows, 'temp')) state.addTempRelation(name);
  // Code that nobody inspected may have put other statements and cursors under names that are known here.
  const known = new Map(rows.map(([kind, name, text]) => [`${kind}.${name}`, text ?? '']));
  for (const [name, prepared] of state.statements.confirmed) {
    if (known.get(`statement.${name}`) !== prepared.text) state.forgetPrepared(name);
  }
  for (const name of state.cursors.keys()) {
    if (known.get(`cursor.${name}`) !== state.cursorTexts.get(name)) state.cursors.delete(name);
  }
}

function valuesOf(rows: readonly (readonly (string | null)[])[], kind: string): string[] {
  return rows.filter((row) => row[0] === kind).map((row) => row[1] ?? '');
}
