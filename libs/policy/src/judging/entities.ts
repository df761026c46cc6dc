import type {
  ClassifiedField,
  ColumnRef,
  FieldRef,
  MaskMethod,
  ObjectRef,
  Principal,
  TableRef,
} from '@sallyport/domain';
import { objectId } from '@sallyport/domain';
import type { EntityName, EntityNode } from '../language/scope.js';
import { uid } from '../language/scope.js';

/** An entity as Cedar takes it. Ancestors are given flat, as parents: Cedar asks only whether, not how far. */
export interface JudgedEntity extends EntityNode {
  readonly json: {
    readonly uid: EntityName;
    readonly attrs: Record<string, never>;
    readonly parents: EntityName[];
  };
}

export function entity(name: EntityName, ancestors: readonly EntityName[]): JudgedEntity {
  return {
    ...name,
    uid: uid(name),
    within: new Set([uid(name), ...ancestors.map(uid)]),
    json: { uid: { type: name.type, id: name.id }, attrs: {}, parents: [...ancestors] },
  };
}

export function principalEntity(principal: Principal, groups: readonly string[]): JudgedEntity {
  return entity({ type: principal.type, id: principal.id }, [
    ...groups.map((id) => ({ type: 'Group', id })),
    ...principal.roles.map((id) => ({ type: 'Role', id })),
  ]);
}

export interface ClassifiedColumn {
  readonly column: ColumnRef;
  readonly tags: readonly string[];
  readonly mask: MaskMethod;
}
/** What policy needs to know of a resource. */
export interface JudgedResource {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly classification: readonly ClassifiedColumn[];
  /** Classified parts of its documents. */
  readonly fields?: readonly ClassifiedField[];
}

/** From most to least hidden: what counts when one column is classified twice. */
const strictness: readonly MaskMethod[] = ['redact', 'null', 'pseudonym', 'partial'];

export function stricterMask(a: MaskMethod, b: MaskMethod): MaskMethod {
  return strictness.indexOf(a) <= strictness.indexOf(b) ? a : b;
}

/** Makes the entities of one resource. */
export class ResourceEntities {
  readonly labels: readonly EntityName[];
  /** By the column's id. */
  readonly classified: ReadonlyMap<string, ClassifiedColumn>;

  constructor(readonly resource: JudgedResource) {
    this.labels = Object.entries(resource.labels).map(([key, value]) => ({ type: 'Label', id: `${key}=${value}` }));
    const classified = new Map<string, ClassifiedColumn>();
    for (const entry of resource.classification) {
      const id = objectId(entry.column);
      const before = classified.get(id);
      classified.set(id, before ? merged(before, entry) : entry);
    }
    this.classified = classified;
  }

  get tags(): readonly EntityName[] {
    const classified = [...this.classified.values(), ...(this.resource.fields ?? [])];
    const names = new Set(classified.flatMap(({ tags }) => [...tags]));
    return [...names].map((id) => ({ type: 'Tag', id }));
  }

  of(ref: ObjectRef): JudgedEntity {
    if (ref.kind === 'Column') return this.column({ ...ref, kind: 'Table' }, objectId(ref));
    if (ref.kind === 'Field') return this.field(ref, this.#tagsOfField(ref));
    return entity({ type: ref.kind, id: objectId(ref) }, this.#above(ref));
  }

  /** A column by its id, which may be one that names no column. */
  column(table: TableRef, id: string): JudgedEntity {
    const tags = (this.classified.get(id)?.tags ?? []).map((tag) => ({ type: 'Tag', id: tag }));
    return entity({ type: 'Column', id }, [{ type: 'Table', id: objectId(table) }, ...this.#above(table), ...tags]);
  }

  field(ref: FieldRef, tags: readonly string[]): JudgedEntity {
    const { resource, namespace } = ref;
    const around: ObjectRef =
      namespace === undefined ? { kind: 'Resource', resource } : { kind: 'Namespace', resource, namespace };
    const within = { type: around.kind, id: objectId(around) };
    const named = tags.map((id) => ({ type: 'Tag', id }));
    return entity({ type: 'Field', id: objectId(ref) }, [within, ...this.#above(around), ...named]);
  }

  #tagsOfField(ref: FieldRef): string[] {
    const id = objectId(ref);
    return (this.resource.fields ?? []).flatMap(({ field, tags }) => (objectId(field) === id ? [...tags] : []));
  }

  #above(ref: Exclude<ObjectRef, ColumnRef | FieldRef>): EntityName[] {
    const resource = { type: 'Resource', id: ref.resource };
    if (ref.kind === 'Resource') return [...this.labels];
    if (ref.kind === 'Schema' || ref.kind === 'Namespace') return [resource, ...this.labels];
    const schema = objectId({ kind: 'Schema', resource: ref.resource, schema: ref.schema });
    return [{ type: 'Schema', id: schema }, resource, ...this.labels];
  }
}

function merged(a: ClassifiedColumn, b: ClassifiedColumn): ClassifiedColumn {
  return { column: a.column, tags: [...new Set([...a.tags, ...b.tags])], mask: stricterMask(a.mask, b.mask) };
}
