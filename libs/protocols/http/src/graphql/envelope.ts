import { createHash } from 'node:crypto';
import { isList, isObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { JsonFault, parseJsonText } from '../json/strict-json.js';
import type { FormPair } from '../request/form-pairs.js';
import { malformed, RequestFault } from '../request/request-fault.js';

/** One GraphQL request as it came (GraphQL over HTTP, section 5). */
export interface Envelope {
  /** The operation's text, looked up where only its hash came. */
  readonly query: string;
  /** True where only the hash came, and only the hash goes on. */
  readonly byHash: boolean;
  readonly operationName: string | undefined;
  readonly variables: JsonObject | undefined;
  /** Without what names a persisted operation, unless that is all that goes on. */
  readonly extensions: JsonObject | undefined;
  readonly documentId: string | undefined;
}

export type Persisted = Readonly<Record<string, string>>;

const members = new Set(['query', 'operationName', 'variables', 'extensions', 'documentId']);

/** @throws RequestFault */
export function readEnvelope(value: JsonValue, persisted: Persisted): Envelope {
  if (!isObject(value)) throw malformed('the GraphQL request is not an object');
  for (const name of value.keys()) {
    if (!members.has(name)) throw unsupported('the GraphQL request has a member that is not understood');
  }
  const query = text(value.get('query'));
  const documentId = text(value.get('documentId'));
  const extensions = object(value.get('extensions'));
  const hash = persistedHash(extensions);
  const base = {
    operationName: text(value.get('operationName')) || undefined,
    variables: object(value.get('variables')),
  };
  if (query !== undefined && query !== '') {
    if (documentId !== undefined) throw unsupported('the GraphQL request names two operations');
    if (hash !== undefined && createHash('sha256').update(query).digest('hex') !== hash) {
      throw malformed('the GraphQL operation is not the one that its hash names');
    }
    // The printed text has another hash: what goes on must not be stored under this one.
    return { ...base, query, byHash: false, extensions: withoutPersisted(extensions), documentId: undefined };
  }
  if ((documentId === undefined) === (hash === undefined)) throw malformed('the GraphQL request names no operation');
  const key = documentId ?? hash!;
  if (!Object.hasOwn(persisted, key)) throw unsupported('the persisted GraphQL operation is not known here');
  return { ...base, query: persisted[key]!, byHash: true, extensions, documentId };
}

/** The parameters of a GET, read as the members of the object that a POST sends. */
export function envelopeOfQuery(pairs: readonly FormPair[]): JsonObject {
  const envelope = new Map<string, JsonValue>();
  for (const [name, value] of pairs) {
    if (envelope.has(name)) throw malformed('a parameter of the GraphQL request repeats');
    const json = name === 'variables' || name === 'extensions';
    envelope.set(name, json && value !== undefined && value !== '' ? parsed(value) : (value ?? null));
  }
  return envelope;
}

/** What is forwarded: the operation as it was understood, members in one order. */
export function envelopeJson(envelope: Envelope, query: string): JsonObject {
  const result = new Map<string, JsonValue>();
  if (!envelope.byHash) result.set('query', query);
  if (envelope.documentId !== undefined) result.set('documentId', envelope.documentId);
  if (envelope.operationName !== undefined) result.set('operationName', envelope.operationName);
  if (envelope.variables !== undefined) result.set('variables', envelope.variables);
  if (envelope.extensions !== undefined) result.set('extensions', envelope.extensions);
  return result;
}

function persistedHash(extensions: JsonObject | undefined): string | undefined {
  const entry = extensions?.get('persistedQuery');
  if (entry === undefined || entry === null) return undefined;
  const hash = isObject(entry) ? entry.get('sha256Hash') : undefined;
  if (typeof hash !== 'string') throw malformed('the GraphQL request names no operation');
  return hash;
}

function withoutPersisted(extensions: JsonObject | undefined): JsonObject | undefined {
  const rest = [...(extensions ?? [])].filter(([name]) => name !== 'persistedQuery');
  return rest.length === 0 ? undefined : new Map(rest);
}

function parsed(value: string): JsonValue {
  try {
    return parseJsonText(value, { depth: 64 });
  } catch (error) {
    throw error instanceof JsonFault ? malformed(error.message) : error;
  }
}

function text(value: JsonValue | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw malformed('a member of the GraphQL request is no text');
  return value;
}

function object(value: JsonValue | undefined): JsonObject | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (isList(value) || !isObject(value)) throw malformed('a member of the GraphQL request is no object');
  return value;
}

function unsupported(message: string): RequestFault {
  return new RequestFault(400, message, 'unsupported');
}
