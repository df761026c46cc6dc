import type { Action, ColumnRef, Obligation } from '@sallyport/domain';
import { objectId } from '@sallyport/domain';
import type { ClassifiedColumn, ResourceEntities } from './entities.js';
import type { Finding, RequestJudge } from './request-judge.js';
import { compareText } from './verdict.js';

/** The masks that a request's answer needs, or why that could not be told. */
export type Masks =
  | { readonly ok: true; readonly obligations: readonly Obligation[] }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** Every classified column the request can read is masked unless `reveal` is plainly permitted on it: approval is not enough. */
export function masksFor(action: Action, judge: RequestJudge): Masks {
  const obligations: Obligation[] = [];
  for (const { column, mask } of classifiedReads(action, judge.scope.resource)) {
    const { revealed, errors } = judge.reveals(column);
    if (errors.length > 0) return { ok: false, findings: errors };
    if (!revealed) obligations.push({ kind: 'mask', column, method: mask });
  }
  for (const classified of action.lineage.fields ?? []) {
    const { revealed, errors } = judge.revealsField(classified);
    if (errors.length > 0) return { ok: false, findings: errors };
    if (!revealed) obligations.push({ kind: 'maskField', field: classified.field, method: classified.mask });
  }
  return { ok: true, obligations };
}

function classifiedReads(action: Action, resource: ResourceEntities): ClassifiedColumn[] {
  const found = new Map<string, ClassifiedColumn>();
  const add = (id: string): void => {
    const classified = resource.classified.get(id);
    if (classified) found.set(id, classified);
  };
  const addRefs = (columns: readonly ColumnRef[]): void => columns.forEach((column) => add(objectId(column)));
  for (const { verb, object, columns } of action.effects) {
    if (verb !== 'select') continue;
    if (object.kind === 'Column') add(objectId(object));
    if (object.kind !== 'Table') continue;
    if (columns) addRefs(columns.map((column) => ({ ...object, kind: 'Column', column })));
    else for (const id of resource.classified.keys()) if (id.startsWith(`${objectId(object)}.`)) add(id);
  }
  for (const result of action.lineage.results) {
    if (result !== null && result !== 'opaque') for (const { sources } of result.columns) addRefs(sources);
  }
  addRefs(action.lineage.usedElsewhere);
  return [...found].sort(([a], [b]) => compareText(a, b)).map(([, classified]) => classified);
}
