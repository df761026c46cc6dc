import type { Analysis } from './analysis.js';
import type { CatalogRelation } from './catalog.js';
import { spend } from './work-limit.js';

/** Everything that a relation inherits from or is a partition of: its rows are rows of those too. */
export function ancestorsOf(analysis: Analysis, relation: CatalogRelation): CatalogRelation[] {
  return reached(analysis, relation, (each) => each.parents);
}

/** Partitions of one table beyond this many are taken as that table itself. */
const mostPartitions = 32;

/**
 * Everything whose rows are read and written through a relation: what inherits from it, and its partitions. Partitions
 * by the hundred would drown every action in names that say nothing, so where there are many, those that live beside
 * their table stand under its name; all of them count among the relations that the meaning rests on.
 */
export function descendantsOf(analysis: Analysis, relation: CatalogRelation): CatalogRelation[] {
  const found = reached(analysis, relation, (each) => each.children);
  for (const { oid } of found) analysis.relations.add(oid);
  if (found.length <= mostPartitions) return found;
  return found.filter((each) => each.schema !== relation.schema || !isPartition(analysis, each));
}

function isPartition(analysis: Analysis, relation: CatalogRelation): boolean {
  return (relation.parents ?? []).every((oid) => analysis.catalog.relationByOid(oid)?.relkind === 'p');
}

function reached(
  analysis: Analysis,
  relation: CatalogRelation,
  next: (relation: CatalogRelation) => readonly number[] | undefined,
): CatalogRelation[] {
  const found = new Map<number, CatalogRelation>();
  const pending = [...(next(relation) ?? [])];
  for (let oid = pending.pop(); oid !== undefined; oid = pending.pop()) {
    const other = analysis.catalog.relationByOid(oid);
    if (!other || found.has(oid)) continue;
    found.set(oid, other);
    pending.push(...(next(other) ?? []));
  }
  spend(found.size);
  return [...found.values()];
}
