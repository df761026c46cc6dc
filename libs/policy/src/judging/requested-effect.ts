import type { Action, ContextRecord, Effect, ObjectRef, Protocol, SqlVerb } from '@sallyport/domain';
import { idPart, parseDottedName, sqlVerbs } from '@sallyport/domain';
import { verbObjects } from '../language/schema.js';

/** An effect as people write it: `{action: select, object: shop/public.customers, columns: [id, email]}`. */
export interface RequestedEffect {
  readonly action: string;
  readonly object: string;
  readonly columns?: readonly string[];
}

/** Reads an effect. A two-part name is a function for `call`, a table otherwise. Throws with words for its author. */
export function readEffect({ action, object, columns }: RequestedEffect): Effect {
  const verb = sqlVerbs.find((name) => name === action);
  if (!verb) throw new Error(`unknown action ${action}; known are ${sqlVerbs.join(', ')}`);
  const ref = readObject(object, verb);
  if (!verbObjects[verb].includes(ref.kind)) {
    throw new Error(
      `${verb} does not apply to ${object}, a ${ref.kind}; it applies to ${verbObjects[verb].join(', ')}`,
    );
  }
  return { verb, object: ref, ...(columns ? { columns } : {}) };
}

function readObject(id: string, verb: SqlVerb): ObjectRef {
  const slash = id.indexOf('/');
  const resource = slash < 0 ? id : id.slice(0, slash);
  if (resource === '') throw new Error(`${id} names no resource`);
  if (slash < 0) return { kind: 'Resource', resource };
  const parts = parseDottedName(id.slice(slash + 1));
  const [schema, name, column] = parts ?? [];
  if (!parts || schema === undefined || parts.length > 3) throw new Error(`${id} is not RESOURCE/SCHEMA.TABLE.COLUMN`);
  if (name === undefined) return { kind: 'Schema', resource, schema };
  if (column !== undefined) return { kind: 'Column', resource, schema, table: name, column };
  return verb === 'call'
    ? { kind: 'Function', resource, schema, name }
    : { kind: 'Table', resource, schema, table: name };
}

export interface RequestedAction {
  readonly protocol: Protocol;
  readonly effects: readonly Effect[];
  /** Facts that replace the ones derived from the effects. */
  readonly context?: ContextRecord;
}

/** An action made from effects alone, for asking what would happen: it reads what its select effects say and no more. */
export function actionFromEffects({ protocol, effects, context }: RequestedAction): Action {
  const kind = effects[0]?.verb ?? 'nothing';
  const tables = new Set(
    effects.flatMap(({ object }) =>
      object.kind === 'Table' ? [`${idPart(object.schema)}.${idPart(object.table)}`] : [],
    ),
  );
  const functions = effects.flatMap(({ object }) =>
    object.kind === 'Function' ? [`${idPart(object.schema)}.${idPart(object.name)}`] : [],
  );
  const statement = {
    kind,
    hasWhere: false,
    tables: [...tables],
    functions,
    readOnly: effects.every(({ verb }) => verb === 'select' || verb === 'connect' || verb === 'reveal'),
    parametersKnown: true,
  };
  const facts = { statement, ...context };
  const lineage = { results: [], usedElsewhere: [] };
  const fingerprint = JSON.stringify([protocol, kind, effects, facts]);
  return { protocol, kind, text: '', effects, context: facts, lineage, fingerprint };
}
