import { expanded } from '../request/json-patch.js';
import { isJsonObject, memberOf, type JsonValue } from '../request/json-value.js';
import type { KnownBody } from '../request/read-body.js';
import type { RequestInfo } from '../request/request-info.js';

/** What stands in an object's metadata and restrains somebody: to take it away is a risk, however it is done. */
const restraints = ['finalizers', 'ownerReferences'] as const;
/** Of strategic merge patches: what they do not name is taken away. */
const replacing = ['$patch', '$retainKeys'] as const;

/** Restraints that a write takes away without saying so by a value: by an empty list, or with all that stands around them. */
export function takenAway({ verb }: RequestInfo, body: KnownBody | undefined): string[] {
  if (!body || (verb !== 'update' && verb !== 'patch')) return [];
  if (verb === 'patch' && replacesMetadata(body)) return [...restraints];
  const documents = body.operations?.map(expanded) ?? [body.value];
  return restraints.filter((name) => documents.some((document) => isEmptied(document, name)));
}

/** True for a patch that puts other metadata in the place of all that there was. */
export function replacesMetadata({ value, operations }: KnownBody): boolean {
  if (operations) return operations.some(({ op, path }) => op !== 'test' && isAtMetadata(path));
  const metadata = memberOf(value, 'metadata');
  const holders = [value, metadata];
  return metadata === null || holders.some((holder) => replacing.some((key) => memberOf(holder, key) !== undefined));
}

/** The metadata, or the whole object. */
function isAtMetadata(path: readonly string[]): boolean {
  return path.length === 0 || (path.length === 1 && path[0] === 'metadata');
}

function isEmptied(document: JsonValue, name: string): boolean {
  const list = memberOf(memberOf(document, 'metadata'), name);
  return (Array.isArray(list) && list.length === 0) || (isJsonObject(list) && Object.keys(list).length === 0);
}
