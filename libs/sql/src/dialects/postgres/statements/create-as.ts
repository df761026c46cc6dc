import type { CreateTableAsStmt, IntoClause, ViewStmt, RangeVar } from '@pgsql/types';
import type { Analysis } from '../analysis.js';
import type { SessionChange } from '../inspection.js';
import { Refusal, unknownConstruct } from '../refusal.js';
import { creationSchema } from '../search-path.js';
import { as } from '../tree.js';
import { alterRelation } from './definition-targets.js';
import { executed } from './prepared.js';
import type { Meaning, StatementHandler } from './meaning.js';

/** A new relation: an `alter` of the schema it goes to. Returns what the session must remember. */
export function createRelation(analysis: Analysis, name: RangeVar | undefined): SessionChange[] {
  if (!name) throw unknownConstruct('CREATE');
  analysis.visited.add(name);
  if (name.catalogname) throw new Refusal('references to another database are not supported');
  const temporary = name.relpersistence === 't' || name.schemaname === 'pg_temp';
  const schema = temporary ? 'pg_temp' : (name.schemaname ?? creationSchema(analysis.session));
  analysis.effects.other('alter', { kind: 'Schema', resource: analysis.input.resource, schema });
  analysis.writes = true;
  const change: SessionChange[] = temporary ? [{ kind: 'create-temp', name: name.relname ?? '' }] : [];
  return [...change, { kind: 'catalog' }];
}

export function createdBy(analysis: Analysis, into: IntoClause, kind: string): Meaning {
  const changes = createRelation(analysis, into.rel);
  analysis.literalSensitive = true;
  return { kind, result: null, changes };
}

/** CREATE TABLE AS and CREATE MATERIALIZED VIEW: whatever the query gives goes into an object nobody classified. */
export const createTableAs: StatementHandler<CreateTableAsStmt> = (analysis, body) => {
  const query = as(body.query, 'SelectStmt');
  const execute = as(body.query, 'ExecuteStmt');
  if (query) {
    analysis.visited.add(query);
    analysis.useAll(analysis.query(query, {}));
  } else if (execute) {
    const { result } = executed(analysis, execute);
    if (result === 'opaque') analysis.opaque = true;
    else for (const column of result?.columns ?? []) analysis.useRefs(column.sources);
  } else {
    throw unknownConstruct('CREATE TABLE AS');
  }
  if (!body.into) throw unknownConstruct('CREATE TABLE AS');
  const kind = body.objtype === 'OBJECT_MATVIEW' ? 'CREATE MATERIALIZED VIEW' : 'CREATE TABLE AS';
  const meaning = createdBy(analysis, body.into, kind);
  // A source that nobody can trace must not be written where masks are in play.
  return analysis.opaque ? { ...meaning, result: 'opaque' } : meaning;
};

export const createView: StatementHandler<ViewStmt> = (analysis, body) => {
  const query = as(body.query, 'SelectStmt');
  if (!query) throw unknownConstruct('CREATE VIEW');
  analysis.visited.add(query);
  const rows = analysis.query(query, {});
  analysis.useAll(rows);
  if (body.replace && body.view) alterRelation(analysis, body.view);
  const changes = createRelation(analysis, body.view);
  analysis.literalSensitive = true;
  return { kind: 'CREATE VIEW', result: rows.open || analysis.opaque ? 'opaque' : null, changes };
};
