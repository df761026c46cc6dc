import type { GraphQLSchema } from 'graphql';
import { isInterfaceType, isObjectType } from 'graphql';
import type { JsonObject } from '../json/json-value.js';
import { foldName } from '../json/strict-json.js';
import { pathStep } from '../request/body-facts.js';
import type { GraphqlOperation } from './graphql-operation.js';
import type { SelectedField } from './selection.js';
import { mentionJson, plainName } from './used-names.js';

/** A classified field as GraphQL may know it. */
export interface SoughtField {
  /** Of a schema's field; absent for one named by its place in answers. */
  readonly type?: string;
  readonly name: string;
  /** Names of what holds it, where its place says so. */
  readonly above: readonly string[];
}

/**
 * Where the values of a classified field stand in the answer to an operation, whatever aliases the client gave. Exact with
 * a schema; without one every field of that name counts.
 */
export function placesOf(
  sought: SoughtField,
  operation: GraphqlOperation,
  schema: GraphQLSchema | undefined,
): string[] {
  const { fields } = operation.selection;
  if (sought.type !== undefined && hasField(schema, sought.type, sought.name)) {
    const coordinate = `${sought.type}.${sought.name}`;
    return unique(fields.flatMap(({ coordinates, place }) => (coordinates.includes(coordinate) ? (place ?? []) : [])));
  }
  const named = fields.filter(({ name }) => same(name, sought.name));
  const renamedAbove = fields.some((field) => isRenamed(field) && sought.above.some((name) => same(name, field.name)));
  const anywhere = sought.type !== undefined || renamedAbove;
  return unique([
    ...named.filter(isRenamed).map(({ alias }) => `$..${alias}`),
    ...(anywhere ? [`$.${pathStep(sought.name).replace(/^\[/, '.[')}`] : []),
  ]);
}

/** True where an argument names the field, so that the answer would depend on its value: a filter, a sort, a search. */
export function isMentioned(
  sought: SoughtField,
  operation: GraphqlOperation,
  variables: JsonObject | undefined,
): boolean {
  const { names, variables: used } = operation.selection.mentions;
  const all = { names: new Set(names), variables: new Set<string>(), apart: true };
  for (const variable of used) {
    for (const name of operation.defaults.get(variable)?.names ?? []) all.names.add(name);
    const value = variables?.get(variable);
    if (value !== undefined) mentionJson(all, value);
  }
  const wanted = plainName(sought.name);
  return wanted !== '' && [...all.names].some((name) => name.startsWith(wanted));
}

function hasField(schema: GraphQLSchema | undefined, typeName: string, field: string): boolean {
  const type = schema?.getType(typeName);
  return (isObjectType(type) || isInterfaceType(type)) && Object.hasOwn(type.getFields(), field);
}

function isRenamed(field: SelectedField): boolean {
  return !same(field.alias, field.name);
}

function same(a: string, b: string): boolean {
  return foldName(a) === foldName(b);
}

function unique(places: readonly string[]): string[] {
  return [...new Set(places)];
}
