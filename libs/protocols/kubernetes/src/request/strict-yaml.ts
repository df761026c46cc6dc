import {
  isScalar,
  parseAllDocuments,
  visit,
  type Document,
  type ParseOptions,
  type SchemaOptions,
  type DocumentOptions,
} from 'yaml';
import { emptyObject, hasLoneSurrogate, jsonNumber, type JsonValue } from './json-value.js';
import { RequestFault } from './request-fault.js';

/**
 * YAML 1.1 as the API server reads it (sigs.k8s.io/yaml): `yes` is true and 0644 octal, but a time is a text, `1:30` no
 * number, and there is no binary. What is forwarded is the JSON of what was understood, so a difference cannot be used.
 */
const options: ParseOptions & SchemaOptions & DocumentOptions = {
  version: '1.1',
  // The library compares every key with every other one, which takes minutes: see `checkNodes`.
  uniqueKeys: false,
  intAsBigInt: true,
  strict: true,
  customTags: (tags) =>
    tags.filter((tag) => {
      if (typeof tag === 'string') return true;
      const name = tag.tag.slice(tag.tag.lastIndexOf(':') + 1);
      return !['timestamp', 'binary', 'set', 'omap', 'pairs'].includes(name) && tag.format !== 'TIME';
    }),
};
/** How often aliases may be expanded in all: an alias bomb needs millions. */
const maxAliases = 100;
const maxDepth = 256;
/** Reading YAML takes a hundred times as long as reading JSON. */
const maxCharacters = 1_000_000;
const maxValues = 500_000;

/** @throws RequestFault */
export function parseStrictYaml(text: string): JsonValue {
  if (text.length > maxCharacters)
    throw new RequestFault(413, 'a YAML body may have a million characters: send JSON', 'unsupported');
  // A directive could ask for another YAML than the server's.
  if (/^%/m.test(text)) throw malformed();
  try {
    const documents = parseAllDocuments(text, options);
    const [document] = documents;
    if (documents.length !== 1 || document === undefined || !('contents' in document)) throw malformed();
    if (document.errors.length > 0 || document.warnings.length > 0) throw malformed();
    checkNodes(document);
    const budget = { values: maxValues };
    return jsonOf(document.toJS({ mapAsMap: true, maxAliasCount: maxAliases }), 0, budget);
  } catch (error) {
    throw error instanceof RequestFault ? error : malformed();
  }
}

/** No key twice, and few aliases: for each of them the library goes through the whole document. */
function checkNodes(document: Document): void {
  let aliases = 0;
  visit(document, {
    Alias: () => {
      aliases += 1;
      if (aliases > maxAliases) throw malformed();
    },
    Map: (_key, { items }) => {
      const keys = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) throw malformed();
        if (keys.has(key.value)) throw new RequestFault(400, 'the body has a key twice in one object');
        keys.add(key.value);
      }
    },
  });
}

function jsonOf(value: unknown, depth: number, budget: { values: number }): JsonValue {
  budget.values -= 1;
  if (depth > maxDepth || budget.values < 0) throw new RequestFault(400, 'the body is nested too deeply or too large');
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string' && !hasLoneSurrogate(value)) return value;
  if (typeof value === 'bigint') return jsonNumber(value.toString());
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((item) => jsonOf(item, depth + 1, budget));
  if (!(value instanceof Map)) throw malformed();
  const object = emptyObject();
  for (const [key, member] of value) {
    // `on` and `y` are keys to some readers and `true` to others.
    if (typeof key !== 'string' && typeof key !== 'bigint') throw malformed();
    const name = String(key);
    if (Object.hasOwn(object, name)) throw new RequestFault(400, 'the body has a key twice in one object');
    object[name] = jsonOf(member, depth + 1, budget);
  }
  return object;
}

function malformed(): RequestFault {
  return new RequestFault(400, 'the body is not YAML that can be read in one way only');
}
