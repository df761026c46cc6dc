import type { ContextRecord, Effect } from '@sallyport/domain';
import { builtInGroups } from '../risks/built-in-groups.js';
import { documentFacts } from '../risks/document-risks.js';
import { requestRisks } from '../risks/request-risks.js';
import { expanded } from './json-patch.js';
import { isJsonObject, memberOf, textMember, type JsonValue } from './json-value.js';
import type { Parameters } from './parameters.js';
import type { KnownBody } from './read-body.js';
import { RequestFault } from './request-fault.js';
import type { RequestInfo } from './request-info.js';

const writes: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
/** A namespace may be read by those who may read in it. To change one is to change the cluster. */
const namespaceReads: ReadonlySet<string> = new Set(['get', 'list', 'watch']);

/** What a request acts on: its namespace, or the cluster where it has none or asks across all of them (K8-07). */
export function effectOf(info: RequestInfo, resource: string): Effect {
  const inNamespace = info.namespace !== '' && (info.resource !== 'namespaces' || namespaceReads.has(info.verb));
  const object = inNamespace
    ? ({ kind: 'Namespace', resource, namespace: info.namespace } as const)
    : ({ kind: 'Resource', resource } as const);
  return { verb: info.verb, object };
}

/** The facts that policies may ask for, by their names in the policy language. */
export function contextOf(
  info: RequestInfo,
  parameters: Parameters,
  body: KnownBody | undefined,
  bodyKnown: boolean,
): ContextRecord {
  const documents: readonly JsonValue[] = body?.operations?.map(expanded) ?? (body ? [body.value] : []);
  const found = documents.map(documentFacts);
  const risks = new Set([...requestRisks(info, body), ...found.flatMap((facts) => [...facts.risks])]);
  if (body?.operations?.some(({ op }) => op === 'copy' || op === 'move')) risks.add('patchCopy');
  return {
    kubernetes: {
      verb: info.verb,
      group: info.group,
      version: info.version,
      resource: info.resource,
      subresource: info.subresource,
      namespace: info.namespace,
      name: info.name || createdName(info, body),
      dryRun: isDryRun(info, parameters, body) && heedsDryRun(info),
      labels: sorted(documents.flatMap(labelsOf)),
      command: sorted(parameters.command),
      argv: parameters.command.length === 0 ? '' : JSON.stringify(parameters.command),
      container: parameters.container,
      stdin: parameters.stdin,
      tty: parameters.tty,
      ports: sorted(parameters.ports),
      fieldManager: parameters.fieldManager,
      force: parameters.force,
      contentType: body?.contentType ?? '',
      bodyKnown,
      risks: sorted(risks),
      images: sorted(found.flatMap(({ images }) => [...images])),
    },
  };
}

/**
 * The API server reads the options of a delete from its body, and then not from the query.
 * @throws RequestFault where the two differ
 */
function isDryRun(info: RequestInfo, parameters: Parameters, body: KnownBody | undefined): boolean {
  if (!writes.has(info.verb)) return false;
  const isDelete = info.verb === 'delete' || info.verb === 'deletecollection';
  if (!isDelete || body === undefined) return parameters.dryRun;
  const option = memberOf(body.value, 'dryRun') ?? null;
  const inBody = JSON.stringify(option) === '["All"]';
  const absent = option === null || JSON.stringify(option) === '[]';
  if (!inBody && !absent) throw new RequestFault(400, 'dryRun can only be All');
  if (parameters.dryRun && !inBody)
    throw new RequestFault(400, 'dryRun is in the query but not in the body, which counts');
  return inBody;
}

/**
 * Servers behind the API server may never look at `dryRun`, and a token is handed out whatever it says. Where nobody can be
 * sure, a rule that permits dry runs permits nothing.
 */
function heedsDryRun({ group, subresource }: RequestInfo): boolean {
  return builtInGroups.has(group) && subresource !== 'token';
}

/**
 * A body that says another place than the path would be refused by the API server, but not by every server behind it.
 * @throws RequestFault
 */
export function checkPlace(info: RequestInfo, body: KnownBody | undefined): void {
  if (!body || !['create', 'update'].includes(info.verb)) return;
  const metadata = memberOf(body.value, 'metadata');
  const namespace = textMember(metadata, 'namespace');
  const name = textMember(metadata, 'name');
  if (!isJsonObject(body.value)) throw new RequestFault(400, 'the body is not an object');
  if (namespace !== '' && namespace !== info.namespace && info.resource !== 'namespaces') {
    throw new RequestFault(400, 'the namespace of the body is not the one of the path');
  }
  if (name !== '' && info.name !== '' && name !== info.name) {
    throw new RequestFault(400, 'the name in the body is not the one in the path');
  }
}

function createdName(info: RequestInfo, body: KnownBody | undefined): string {
  return info.verb === 'create' ? textMember(memberOf(body?.value, 'metadata'), 'name') : '';
}

function labelsOf(document: JsonValue): string[] {
  const labels = memberOf(memberOf(document, 'metadata'), 'labels');
  if (!isJsonObject(labels)) return [];
  return Object.keys(labels).flatMap((key) => (typeof labels[key] === 'string' ? [`${key}=${labels[key]}`] : []));
}

function sorted(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort();
}
