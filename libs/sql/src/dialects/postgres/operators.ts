import type { Analysis } from './analysis.js';
import { lookupPath } from './search-path.js';

/** An operator that somebody defined over code of their own is a call of that code. */
export function noteOperator(analysis: Analysis, names: readonly string[]): void {
  const name = names.at(-1);
  if (name === undefined) return;
  const { catalog, session } = analysis;
  const schemas = names.length > 1 ? [names.at(-2)!] : lookupPath(session);
  for (const schema of schemas) {
    if (schema === 'pg_catalog') continue;
    const custom = catalog.customOperatorIn?.(schema, name) ?? catalog.hasCustomOperator(name);
    if (custom) analysis.call(schema, name);
  }
}
