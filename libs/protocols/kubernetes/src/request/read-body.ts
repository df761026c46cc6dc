import type { HeaderField } from '@sallyport/http-wire';
import { decodeProtobuf, ProtobufFault } from '@sallyport/kubernetes-protobuf';
import { singleHeader } from './header-values.js';
import type { JsonValue } from './json-value.js';
import { readJsonPatch, type PatchOperation } from './json-patch.js';
import { RequestFault } from './request-fault.js';
import type { RequestInfo } from './request-info.js';
import { decodeUtf8, parseStrictJson } from './strict-json.js';
import { parseStrictYaml } from './strict-yaml.js';

/** As the API server's own limit. */
export const maxBodyBytes = 3 * 1024 * 1024;

/** A body as it was understood, and as it is forwarded: the JSON of exactly that. */
export interface KnownBody {
  readonly value: JsonValue;
  readonly bytes: Buffer;
  /** Media type that it is forwarded as. */
  readonly contentType: string;
  /** Set for a JSON patch. */
  readonly operations?: readonly PatchOperation[];
}

export interface BodySource {
  readonly headers: readonly HeaderField[];
  readonly hasBody: boolean;
  readBody(maxBytes: number): Promise<Buffer>;
}

type Syntax = 'json' | 'yaml' | 'protobuf';
const objectTypes: ReadonlyMap<string, Syntax> = new Map([
  ['application/json', 'json'],
  ['application/yaml', 'yaml'],
  ['application/vnd.kubernetes.protobuf', 'protobuf'],
]);
const patchTypes: ReadonlyMap<string, Syntax> = new Map([
  ['application/json-patch+json', 'json'],
  ['application/merge-patch+json', 'json'],
  ['application/strategic-merge-patch+json', 'json'],
  ['application/apply-patch+yaml', 'yaml'],
]);
/** kubectl writes so what it makes up itself, and JSON what it is given. */
const protobufHint =
  'this protobuf body is not understood here: send JSON, as kubectl create ... --dry-run=client -o yaml | kubectl apply -f - does';
const mediaType = /^([\w.+-]+\/[\w.+-]+)(?:[ \t]*;[ \t]*charset="?utf-8"?)?$/i;

/** @throws RequestFault for whatever cannot be read in one way only: nothing of it may be forwarded (K8-10) */
export async function readKnownBody(info: RequestInfo, source: BodySource): Promise<KnownBody | undefined> {
  if (!source.hasBody) return undefined;
  if (['get', 'list', 'watch', 'logs'].includes(info.verb))
    throw new RequestFault(400, 'a request that reads has no body');
  const declared = contentTypeOf(source.headers);
  const types = info.verb === 'patch' ? patchTypes : objectTypes;
  const syntax = types.get(declared);
  if (syntax === undefined)
    throw new RequestFault(415, `a body here must be ${[...types.keys()].join(' or ')}`, 'unsupported');
  const bytes = await source.readBody(maxBodyBytes);
  if (bytes.length === 0) return undefined;
  const value = parse(syntax, bytes);
  const canonical = Buffer.from(JSON.stringify(value));
  if (canonical.length > maxBodyBytes) throw new RequestFault(413, 'the body is too large', 'unsupported');
  return {
    value,
    bytes: canonical,
    // JSON is YAML: an apply patch keeps its type, for the type says that it is one.
    contentType: types === objectTypes ? 'application/json' : declared,
    ...(declared === 'application/json-patch+json' ? { operations: readJsonPatch(value) } : {}),
  };
}

function parse(syntax: Syntax, bytes: Buffer): JsonValue {
  if (syntax === 'protobuf') return parseProtobuf(bytes);
  const text = decodeUtf8(bytes);
  return syntax === 'json' ? parseStrictJson(text) : parseStrictYaml(text);
}

function parseProtobuf(bytes: Buffer): JsonValue {
  try {
    return decodeProtobuf(bytes);
  } catch (error) {
    throw error instanceof ProtobufFault ? new RequestFault(415, protobufHint, 'unsupported') : error;
  }
}

function contentTypeOf(headers: readonly HeaderField[]): string {
  const coding = singleHeader(headers, 'content-encoding');
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    throw new RequestFault(415, 'a body here may not be compressed', 'unsupported');
  }
  // The API server takes a body of no type for JSON.
  const header = singleHeader(headers, 'content-type') ?? 'application/json';
  const match = mediaType.exec(header.trim());
  if (!match) throw new RequestFault(415, 'the content type is not one that is understood here', 'unsupported');
  return match[1]!.toLowerCase();
}
