import { emptyObject, isJsonObject, memberOf, textMember, type JsonObject, type JsonValue } from './json-value.js';
import { RequestFault } from './request-fault.js';

/** One operation of a JSON patch (RFC 6902) with its pointers decoded. */
export interface PatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  readonly path: readonly string[];
  /** Of move and copy. */
  readonly from: readonly string[] | undefined;
  readonly value: JsonValue | undefined;
}

const operations: ReadonlySet<string> = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);
/** As the API server's own limit. */
const maxOperations = 10_000;
/** Members that RFC 6902 section 4 does not define are refused: it lets servers ignore them. */
const members = new Set(['op', 'path', 'from', 'value']);

/** @throws RequestFault for what is no JSON patch */
export function readJsonPatch(body: JsonValue): PatchOperation[] {
  if (!Array.isArray(body) || body.length > maxOperations) throw malformed();
  return body.map((item) => {
    const op = textMember(item, 'op');
    const path = memberOf(item, 'path');
    const from = memberOf(item, 'from');
    const moves = op === 'move' || op === 'copy';
    if (!isJsonObject(item) || !operations.has(op) || typeof path !== 'string') throw malformed();
    if (moves ? typeof from !== 'string' : from !== undefined) throw malformed();
    if (Object.keys(item).some((key) => !members.has(key))) throw malformed();
    return {
      op: op as PatchOperation['op'],
      path: pointer(path),
      from: typeof from === 'string' ? pointer(from) : undefined,
      value: memberOf(item, 'value'),
    };
  });
}

/** The parts of an object that an operation names, as an object that holds nothing else: `/a/0/b` is `{a: {0: {b: …}}}`. */
export function expanded({ path, value }: PatchOperation): JsonValue {
  return path.reduceRight<JsonValue>((inner, key) => {
    const outer: JsonObject = emptyObject();
    outer[key] = inner;
    return outer;
  }, value ?? null);
}

/** RFC 6901. */
function pointer(text: string): string[] {
  if (text === '') return [];
  if (!text.startsWith('/') || /~(?![01])/.test(text)) throw malformed();
  const keys = text.slice(1).split('/');
  if (keys.length > 256) throw malformed();
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function malformed(): RequestFault {
  return new RequestFault(400, 'the body is not a JSON patch');
}
