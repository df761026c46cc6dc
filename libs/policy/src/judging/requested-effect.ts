import type { Action, ContextRecord, Effect, ObjectRef, Protocol } from '@sallyport/domain';
import { idPart, parseDottedName } from '@sallyport/domain';
import type { FactType } from '../language/facts.js';
import { factsOf } from '../language/facts.js';
import type { Language } from '../language/vocabulary.js';
import { languageOf, verbsIn, wordOf } from '../language/vocabulary.js';

/** An effect as people write it: `{action: select, object: shop/public.customers, columns: [id, email]}`. */
export interface RequestedEffect {
  readonly action: string;
  readonly object: string;
  readonly columns?: readonly string[];
}

/** Reads an effect. A two-part SQL name is a function for `call`, a table otherwise. Throws with words for its author. */
export function readEffect(protocol: Protocol, { action, object, columns }: RequestedEffect): Effect {
  const language = spokenFor(protocol);
  const verb = verbsIn(language).find((name) => name === action);
  if (!verb) throw new Error(`unknown action ${action}; known for ${protocol} are ${verbsIn(language).join(', ')}`);
  const ref = language === 'sql' ? readSqlObject(object, verb) : readObject(object, verb);
  const { objects } = wordOf(language, verb)!;
  if (!objects.includes(ref.kind)) {
    throw new Error(`${verb} does not apply to ${object}, a ${ref.kind}; it applies to ${objects.join(', ')}`);
  }
  return { verb, object: ref, ...(columns ? { columns } : {}) };
}

function spokenFor(protocol: Protocol): Language {
  const language = languageOf(protocol);
  if (!language) throw new Error(`policies do not speak of ${protocol}`);
  return language;
}

/** Cut at the first slash. */
function splitId(id: string): { readonly resource: string; readonly rest: string | undefined } {
  const slash = id.indexOf('/');
  const resource = slash < 0 ? id : id.slice(0, slash);
  if (resource === '') throw new Error(`${id} names no resource`);
  return { resource, rest: slash < 0 ? undefined : id.slice(slash + 1) };
}

function readSqlObject(id: string, verb: string): ObjectRef {
  const { resource, rest } = splitId(id);
  if (rest === undefined) return { kind: 'Resource', resource };
  const parts = parseDottedName(rest);
  const [schema, name, column] = parts ?? [];
  if (!parts || schema === undefined || parts.length > 3) throw new Error(`${id} is not RESOURCE/SCHEMA.TABLE.COLUMN`);
  if (name === undefined) return { kind: 'Schema', resource, schema };
  if (column !== undefined) return { kind: 'Column', resource, schema, table: name, column };
  return verb === 'call'
    ? { kind: 'Function', resource, schema, name }
    : { kind: 'Table', resource, schema, table: name };
}

/** `cluster/payments` is a namespace, for `reveal` the name of a field: `api/$.email`, `cluster/payments/Secret.data`. */
function readObject(id: string, verb: string): ObjectRef {
  const { resource, rest } = splitId(id);
  if (rest === undefined) return { kind: 'Resource', resource };
  if (verb !== 'reveal') return { kind: 'Namespace', resource, namespace: rest };
  const field = /^([^/$]+)\/(.+)$/.exec(rest);
  return field
    ? { kind: 'Field', resource, namespace: field[1]!, path: field[2]! }
    : { kind: 'Field', resource, path: rest };
}

export interface RequestedAction {
  readonly protocol: Protocol;
  readonly effects: readonly Effect[];
  /** Facts that replace the ones derived from the effects. */
  readonly facts?: ContextRecord;
}

/** An action made from effects alone, for asking what would happen: it reads what its select effects say and no more. */
export function actionFromEffects({ protocol, effects, facts = {} }: RequestedAction): Action {
  const language = spokenFor(protocol);
  const kind = effects[0]?.verb ?? 'nothing';
  const { attribute, shape } = factsOf[language];
  const known = language === 'sql' ? statementOf(kind, effects) : (blank(shape) as ContextRecord);
  const context = { [attribute]: { ...known, ...facts } };
  const lineage = { results: [], usedElsewhere: [] };
  const fingerprint = JSON.stringify([protocol, kind, effects, context]);
  return { protocol, kind, text: '', effects, context, lineage, fingerprint };
}

function statementOf(kind: string, effects: readonly Effect[]): ContextRecord {
  const tables = new Set(
    effects.flatMap(({ object }) =>
      object.kind === 'Table' ? [`${idPart(object.schema)}.${idPart(object.table)}`] : [],
    ),
  );
  const functions = effects.flatMap(({ object }) =>
    object.kind === 'Function' ? [`${idPart(object.schema)}.${idPart(object.name)}`] : [],
  );
  return {
    kind,
    hasWhere: false,
    tables: [...tables],
    functions,
    readOnly: effects.every(({ verb }) => verb === 'select' || verb === 'connect' || verb === 'reveal'),
    parametersKnown: true,
  };
}

/** Facts that say nothing: what is not given is empty. */
function blank(type: FactType): ContextRecord[string] {
  switch (type) {
    case 'string':
      return '';
    case 'boolean':
      return false;
    case 'number':
      return 0;
    case 'strings':
      return [];
    default:
      return Object.fromEntries(Object.entries(type).map(([name, inner]) => [name, blank(inner)]));
  }
}
