import type { Prepared, Understood } from './replies.js';
import type { SessionCore } from './session-core.js';

/**
 * Reads a prepared statement again under the present names: the server plans it anew when the path or the catalog
 * changed, so what it meant when it was prepared is not what it would do.
 */
export function readPrepared(core: SessionCore, prepared: Prepared): void {
  const { state } = core;
  prepared.inspection = readingOf(core, prepared);
  prepared.epoch = state.epoch;
  if (state.statements.confirmed.get(prepared.name) === prepared) state.setPrepared(prepared);
}

/** Undefined when it has no permissible meaning any more. */
export function readingOf(core: SessionCore, prepared: Prepared): Understood | undefined {
  const { inspector, state } = core;
  const view = core.view();
  if (!view) return undefined;
  const inspection = inspector.inspect(prepared.text, view.catalog, state);
  if (!inspection.ok) return undefined;
  if (!prepared.bySql) return inspection.statements.length <= 1 ? inspection : undefined;
  const changes = inspection.statements.flatMap((statement) => statement.changes);
  const made = changes.findLast((change) => change.kind === 'prepare' && change.name === prepared.name);
  if (made?.kind !== 'prepare') return undefined;
  return { ok: true, statements: [made.body], action: made.body.action };
}
