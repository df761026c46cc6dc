import type { Node, RangeVar } from '@pgsql/types';
import type { Analysis } from '../analysis.js';
import { leaveOpaque } from '../check-tree.js';
import type { SessionChange } from '../inspection.js';
import { Refusal } from '../refusal.js';
import { creationSchema } from '../search-path.js';
import { as, stringOf, walkTree } from '../tree.js';
import { createRelation } from './create-as.js';
import { definitionExpressions } from './definition-expressions.js';
import { alterObject, alterRelation, alterSchema } from './definition-targets.js';
import type { Meaning } from './meaning.js';

/** One kind of definition (DDL and maintenance). Every one is an `alter` of what it names. */
export interface Definition {
  readonly kind: string;
  /** Field with the relation that it makes. */
  readonly creates?: 'relation' | 'sequence';
  /** Fields with the kind and the name, or list of names, of other objects. */
  readonly objects?: { readonly type: string; readonly names: string };
  /** The whole resource is altered. */
  readonly resource?: boolean;
  /** Field with the dotted name of an object inside a schema. */
  readonly named?: string;
  /** It brings code that nobody inspects: a `call` too, and its inside is not looked at. */
  readonly code?: boolean;
  readonly outsideTransaction?: (body: Readonly<Record<string, unknown>>) => boolean;
}

export function define(analysis: Analysis, definition: Definition, body: object): Meaning {
  const fields = body as Readonly<Record<string, unknown>>;
  analysis.literalSensitive = true;
  analysis.writes = true;
  const changes = definition.creates
    ? createRelation(analysis, fields[definition.creates] as RangeVar | undefined)
    : ([{ kind: 'catalog' }] as SessionChange[]);
  namedObjects(analysis, definition, fields);
  if (definition.code) {
    analysis.effects.other('call', analysis.resource);
    alterRelations(analysis, body);
    leaveOpaque(analysis, body);
  } else {
    alterRelations(analysis, body);
    definitionExpressions(analysis, body, ownRelation(fields));
  }
  // CASCADE reaches objects that the statement does not name.
  if (fields['behavior'] === 'DROP_CASCADE') analysis.effects.other('alter', analysis.resource);
  if (analysis.effects.list().every((effect) => effect.verb !== 'alter')) {
    analysis.effects.other('alter', analysis.resource);
  }
  return {
    kind: commandWords(definition, fields),
    result: analysis.opaque ? 'opaque' : null,
    changes,
    allowedInTransaction: !(definition.outsideTransaction?.(fields) ?? false),
  };
}

/** The relation whose columns the definition's expressions are about. */
function ownRelation(fields: Readonly<Record<string, unknown>>): RangeVar | undefined {
  const [first] = (fields['relations'] ?? []) as Node[];
  return (fields['relation'] ?? fields['table'] ?? as(first, 'RangeVar')) as RangeVar | undefined;
}

const objectWords: Readonly<Record<string, string>> = {
  OBJECT_COLUMN: 'TABLE',
  OBJECT_TABCONSTRAINT: 'TABLE',
  OBJECT_MATVIEW: 'MATERIALIZED VIEW',
  OBJECT_FDW: 'FOREIGN DATA WRAPPER',
  OBJECT_STATISTIC_EXT: 'STATISTICS',
};

/** The server's words for the command, with the kind of object where the statement has one: `DROP TABLE`. */
function commandWords(definition: Definition, fields: Readonly<Record<string, unknown>>): string {
  const { kind, objects } = definition;
  if (kind === 'GRANT') return fields['is_grant'] === true ? 'GRANT' : 'REVOKE';
  if (kind === 'VACUUM') return fields['is_vacuumcmd'] === true ? 'VACUUM' : 'ANALYZE';
  const type = objects ? fields[objects.type] : undefined;
  if (typeof type !== 'string' || (kind !== 'DROP' && kind !== 'ALTER')) return kind;
  return `${kind} ${objectWords[type] ?? type.replace(/^OBJECT_/, '').replaceAll('_', ' ')}`;
}

function namedObjects(analysis: Analysis, definition: Definition, fields: Readonly<Record<string, unknown>>): void {
  if (definition.resource) analysis.effects.other('alter', analysis.resource);
  if (definition.named) {
    const names = ((fields[definition.named] ?? []) as Node[]).map(stringOf);
    const schema = names.length > 1 ? names.at(-2) : undefined;
    alterSchema(analysis, schema ?? creationSchema(analysis.session));
  }
  if (typeof fields['newschema'] === 'string') alterSchema(analysis, fields['newschema']);
  if (!definition.objects) return;
  const type = fields[definition.objects.type] as string | undefined;
  const value = fields[definition.objects.names] as Node | readonly Node[] | undefined;
  const names = Array.isArray(value) ? (value as readonly Node[]) : value ? [value as Node] : [];
  // With a RangeVar in it, the statement names its relation; otherwise a kind and names do.
  for (const name of names) if (!as(name, 'RangeVar')) alterObject(analysis, type, name);
}

/** Every relation named anywhere in the definition outside of its queries. */
function alterRelations(analysis: Analysis, body: object): void {
  walkTree(body, {
    node(kind, inner) {
      if (kind === 'RangeVar') noteRelation(analysis, inner as RangeVar);
      return kind !== 'SelectStmt' && kind !== 'SubLink';
    },
    rangeVar: (inner) => noteRelation(analysis, inner),
    typeName: () => undefined,
  });
}

function noteRelation(analysis: Analysis, name: RangeVar): void {
  if (!analysis.visited.has(name)) alterRelation(analysis, name);
}

/** CREATE SCHEMA may hold further definitions; they are to be sent one by one. */
export function createSchema(analysis: Analysis, body: object): Meaning {
  const { schemaname, schemaElts } = body as { readonly schemaname?: string; readonly schemaElts?: Node[] };
  if (schemaElts) throw new Refusal('CREATE SCHEMA with objects inside is not supported: create them one by one');
  analysis.effects.other('alter', analysis.resource);
  if (schemaname) alterSchema(analysis, schemaname);
  analysis.writes = true;
  analysis.literalSensitive = true;
  return { kind: 'CREATE SCHEMA', result: null, changes: [{ kind: 'catalog' }] };
}
