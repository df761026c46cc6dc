import type { CopyStmt, Node } from '@pgsql/types';
import type { ResultShape } from '@sallyport/domain';
import type { Analysis, Rows } from '../analysis.js';
import { copyShape } from '../copy-options.js';
import { single } from '../from-clause.js';
import { Refusal, unknownConstruct } from '../refusal.js';
import { findRelations, readRelation, writeRelation } from '../relations.js';
import type { RangeEntry } from '../scope.js';
import { as, kindOf, stringOf } from '../tree.js';
import type { NamedValue } from '../value.js';
import type { Meaning, StatementHandler } from './meaning.js';

/** COPY in all its forms. A program or a file of the server is a `copy` besides what is read or written. */
export const copy: StatementHandler<CopyStmt> = (analysis, body) => {
  analysis.literalSensitive = true;
  const outside = body.is_program === true || body.filename !== undefined;
  if (outside && !body.relation) analysis.effects.other('copy', analysis.resource);
  const meaning = body.is_from ? copyIn(analysis, body) : copyOut(analysis, body);
  if (!outside) return meaning;
  analysis.writes = true;
  return { kind: 'COPY', result: null, changes: meaning.changes };
};

function copyOut(analysis: Analysis, body: CopyStmt): Meaning {
  const rows = body.relation ? relationRows(analysis, body) : queryRows(analysis, body.query);
  const toFile = body.is_program === true || body.filename !== undefined;
  if (toFile) analysis.useAll(rows);
  if (rows.open || analysis.opaque) {
    // Without knowing how many columns there are the stream cannot be masked: its shape says so.
    const shape = copyShape(body.options, 'out', []);
    return { kind: 'COPY', result: 'opaque', copy: shape };
  }
  const columns = rows.columns.map(({ value }) => ({ direct: value.direct, sources: [...value.sources.values()] }));
  const result: ResultShape = { form: 'copy', columns };
  const names = rows.columns.map((column) => column.name);
  return { kind: 'COPY', result, copy: copyShape(body.options, 'out', names) };
}

function relationRows(analysis: Analysis, body: CopyStmt): Rows {
  const entry = readRelation(analysis, body.relation!);
  noteOutside(analysis, body);
  const rows = listed(analysis, entry, body);
  for (const column of rows.columns) analysis.read(column.value);
  if (rows.open) analysis.read(rows.open);
  return rows;
}

function noteOutside(analysis: Analysis, body: CopyStmt): void {
  if (!body.is_program && body.filename === undefined) return;
  for (const relation of findRelations(analysis, body.relation!)?.relations ?? []) {
    analysis.effects.table('copy', analysis.tableRef(relation));
  }
}

/** The columns that travel: those listed, else all that the server does not compute. */
function listed(analysis: Analysis, entry: RangeEntry, body: CopyStmt): Rows {
  const names = (body.attlist ?? []).map((node) => stringOf(node) ?? '');
  if (names.length === 0) {
    const relations = findRelations(analysis, body.relation!)?.relations ?? [];
    const generated = new Set(relations.flatMap((r) => r.columns.filter((c) => c.generated).map((c) => c.name)));
    return { columns: entry.columns.filter((column) => !generated.has(column.name)), open: entry.open };
  }
  const columns = names.map((name): NamedValue => {
    const found = entry.columns.find((column) => column.name === name);
    if (found) return found;
    if (entry.open) return { name, value: entry.open };
    throw new Refusal(`column "${name}" is not known`, 'column');
  });
  return { columns };
}

function queryRows(analysis: Analysis, node: Node | undefined): Rows {
  if (!node) throw unknownConstruct('COPY');
  const query = as(node, 'SelectStmt');
  if (query) {
    analysis.visited.add(query);
    return analysis.query(query, {});
  }
  analysis.visited.add((node as Record<string, object>)[kindOf(node)]!);
  return analysis.input.analyzers.modification(analysis, node, {}) ?? { columns: [] };
}

function copyIn(analysis: Analysis, body: CopyStmt): Meaning {
  if (!body.relation) throw unknownConstruct('COPY');
  const relations = findRelations(analysis, body.relation)?.relations ?? [];
  const all = relations.flatMap((r) => r.columns.filter((c) => !c.generated).map((c) => c.name));
  const names = body.attlist ? body.attlist.map((node) => stringOf(node) ?? '') : [...new Set(all)];
  const target = writeRelation(analysis, body.relation, { verb: 'insert', columns: names });
  noteOutside(analysis, body);
  analysis.condition(body.whereClause, { items: [single(target)] });
  return { kind: 'COPY', result: null, copy: copyShape(body.options, 'in', names) };
}
