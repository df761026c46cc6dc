import type { Language } from './vocabulary.js';

/** The type of one fact. A record is written out; `strings` is a set. */
export type FactType = 'string' | 'boolean' | 'number' | 'strings' | FactShape;
export interface FactShape {
  readonly [name: string]: FactType;
}

/** The record of facts that each language adds to the context, by its attribute. */
export interface Facts {
  readonly attribute: string;
  readonly type: string;
  readonly shape: FactShape;
}

/** What a request says beyond its verb and objects. Adapters give every fact, always; the schema is made from this. */
export const factsOf: Readonly<Record<Language, Facts>> = {
  sql: {
    attribute: 'statement',
    type: 'Statement',
    shape: {
      kind: 'string',
      hasWhere: 'boolean',
      tables: 'strings',
      functions: 'strings',
      readOnly: 'boolean',
      parametersKnown: 'boolean',
    },
  },
  http: {
    attribute: 'http',
    type: 'Http',
    shape: {
      method: 'string',
      path: 'string',
      /** The template that the path fits, e.g. `/orders/{id}`; empty where none does. */
      route: 'string',
      host: 'string',
      query: { names: 'strings', values: 'strings' },
      headers: 'strings',
      upgrade: 'string',
      contentType: 'string',
      /** False: the body was not or could not be read, and what follows says nothing about it. */
      bodyKnown: 'boolean',
      body: 'strings',
      bodyPaths: 'strings',
      graphql: { kind: 'string', operation: 'string', fields: 'strings' },
    },
  },
  kubernetes: {
    attribute: 'kubernetes',
    type: 'Kubernetes',
    shape: {
      verb: 'string',
      group: 'string',
      version: 'string',
      resource: 'string',
      subresource: 'string',
      namespace: 'string',
      name: 'string',
      dryRun: 'boolean',
      labels: 'strings',
      command: 'strings',
      argv: 'string',
      container: 'string',
      stdin: 'boolean',
      tty: 'boolean',
      ports: 'strings',
      fieldManager: 'string',
      force: 'boolean',
      contentType: 'string',
      bodyKnown: 'boolean',
      risks: 'strings',
      images: 'strings',
    },
  },
  ssh: {
    attribute: 'ssh',
    type: 'Ssh',
    shape: {
      command: 'string',
      literal: 'boolean',
      argv: 'string',
      program: 'string',
      arguments: 'strings',
      pty: 'boolean',
      env: 'strings',
      login: 'string',
      operation: 'string',
      path: 'string',
      target: 'string',
      port: 'number',
      mode: 'string',
      script: 'boolean',
    },
  },
};

const cedarNames = { string: 'String', boolean: 'Bool', number: 'Long', strings: 'Set<String>' } as const;

/** A shape in Cedar's schema syntax. */
export function cedarType(type: FactType): string {
  if (typeof type === 'string') return cedarNames[type];
  return `{ ${Object.entries(type)
    .map(([name, inner]) => `${name}: ${cedarType(inner)}`)
    .join(', ')} }`;
}

type Json = string | number | boolean | Json[] | { [key: string]: Json };

/**
 * The facts given, checked by hand, because Cedar compares values of different types as unequal without an error: a forbid
 * would be silent where an adapter sent a number for a word. Throws with the fact's name.
 */
export function checkedFacts(name: string, type: FactType, value: unknown): Json {
  if (typeof type !== 'string') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${name} is not a record`);
    const record = value as Readonly<Record<string, unknown>>;
    return Object.fromEntries(
      Object.entries(type).map(([key, inner]) => [key, checkedFacts(`${name}.${key}`, inner, record[key])]),
    );
  }
  if (!fits(type, value)) throw new Error(`the fact ${name} is missing or of the wrong type`);
  return value as Json;
}

function fits(type: Exclude<FactType, FactShape>, value: unknown): boolean {
  if (type === 'strings') return Array.isArray(value) && value.every((item) => typeof item === 'string');
  return type === 'number' ? Number.isSafeInteger(value) : typeof value === type;
}
