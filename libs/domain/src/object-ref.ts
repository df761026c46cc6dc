/** What is acted on. Each kind is an entity type of the policy language. */
export type ObjectRef = ResourceRef | SchemaRef | TableRef | ColumnRef | FunctionRef | NamespaceRef | FieldRef;

export interface ResourceRef {
  readonly kind: 'Resource';
  readonly resource: string;
}
export interface SchemaRef {
  readonly kind: 'Schema';
  readonly resource: string;
  readonly schema: string;
}
/** A table, view, materialised view, foreign table or sequence. */
export interface TableRef {
  readonly kind: 'Table';
  readonly resource: string;
  readonly schema: string;
  readonly table: string;
}
export interface ColumnRef {
  readonly kind: 'Column';
  readonly resource: string;
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}
export interface FunctionRef {
  readonly kind: 'Function';
  readonly resource: string;
  readonly schema: string;
  readonly name: string;
}

/** A namespace of a Kubernetes cluster. What belongs to no namespace is acted on as the `Resource`. */
export interface NamespaceRef {
  readonly kind: 'Namespace';
  readonly resource: string;
  readonly namespace: string;
}
/**
 * A part of documents that a resource sends, as its classification names it: a JSON path such as `$.email`, a field of a
 * schema such as `Customer.email`, what a detector finds such as `detector:email`, a part of a Kubernetes kind such as `Secret.data`.
 */
export interface FieldRef {
  readonly kind: 'Field';
  readonly resource: string;
  /** Of a Kubernetes object in a namespace. */
  readonly namespace?: string;
  readonly path: string;
}

/** A name as it stands in an id: bare where it cannot be misread, double-quoted otherwise, so no two objects share an id. */
export function idPart(name: string): string {
  return /^[\p{L}\p{N}_$-]+$/u.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** The entity id, e.g. `shop/public.customers.email`. */
export function objectId(ref: ObjectRef): string {
  switch (ref.kind) {
    case 'Resource':
      return ref.resource;
    case 'Schema':
      return `${ref.resource}/${idPart(ref.schema)}`;
    case 'Table':
      return `${ref.resource}/${idPart(ref.schema)}.${idPart(ref.table)}`;
    case 'Column':
      return `${ref.resource}/${idPart(ref.schema)}.${idPart(ref.table)}.${idPart(ref.column)}`;
    case 'Function':
      return `${ref.resource}/${idPart(ref.schema)}.${idPart(ref.name)}`;
    case 'Namespace':
      return `${ref.resource}/${idPart(ref.namespace)}`;
    case 'Field':
      return `${ref.resource}/${ref.namespace === undefined ? '' : `${idPart(ref.namespace)}/`}${ref.path}`;
  }
}

/** Splits `public."odd.name".ssn` into its parts; undefined when it is not a dotted name. */
export function parseDottedName(text: string): string[] | undefined {
  const parts: string[] = [];
  const part = /"((?:[^"]|"")+)"|([^".]+)/y;
  for (;;) {
    const match = part.exec(text);
    if (!match) return undefined;
    parts.push(match[1] === undefined ? match[2]! : match[1].replaceAll('""', '"'));
    if (part.lastIndex === text.length) return parts;
    if (text[part.lastIndex] !== '.') return undefined;
    part.lastIndex += 1;
  }
}
