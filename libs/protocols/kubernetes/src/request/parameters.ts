import type { KubernetesVerb } from '@sallyport/domain';
import { Query, type QueryPair } from './query.js';
import { RequestFault } from './request-fault.js';
import type { RequestInfo } from './request-info.js';

/** What the query says, as far as policy speaks about it. */
export interface Parameters {
  /** The query alone says so; the body of a delete may say otherwise. */
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly force: boolean;
  /** The argv of exec: no shell reads it (K8-02). */
  readonly command: readonly string[];
  readonly container: string;
  readonly stdin: boolean;
  /** Unless the client says that it wants none. */
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
  readonly ports: readonly string[];
  /** What is forwarded: booleans in one spelling, empty without a query. */
  readonly canonical: string;
}

const reading = ['pretty', 'resourceVersion', 'includeObject', 'timeout'];
const listing = [
  ...reading,
  'labelSelector',
  'fieldSelector',
  'limit',
  'continue',
  'resourceVersionMatch',
  'sendInitialEvents',
  'allowWatchBookmarks',
  'timeoutSeconds',
  'watch',
];
const writing = [...reading, 'dryRun', 'fieldManager', 'fieldValidation'];
const deleting = [...reading, 'dryRun', 'gracePeriodSeconds', 'propagationPolicy', 'orphanDependents'];
const streaming = ['container', 'stdin', 'stdout', 'stderr', 'tty'];

/** Every parameter that a verb may have. An unknown one may mean something to a server that this gateway does not know. */
const allowed: Readonly<Partial<Record<KubernetesVerb, ReadonlySet<string>>>> = {
  get: new Set([...reading, 'watch']),
  list: new Set(listing),
  watch: new Set(listing),
  create: new Set(writing),
  update: new Set(writing),
  patch: new Set([...writing, 'force']),
  delete: new Set(deleting),
  deletecollection: new Set([...listing, ...deleting]),
  exec: new Set([...streaming, 'command']),
  attach: new Set(streaming),
  portForward: new Set(['ports']),
  logs: new Set([
    'container',
    'follow',
    'previous',
    'sinceSeconds',
    'sinceTime',
    'timestamps',
    'tailLines',
    'limitBytes',
    'pretty',
    'stream',
  ]),
};
const flags = new Set([
  'watch',
  'sendInitialEvents',
  'allowWatchBookmarks',
  'force',
  'orphanDependents',
  'stdin',
  'stdout',
  'stderr',
  'tty',
  'follow',
  'previous',
  'timestamps',
]);
const repeatable = new Set(['command', 'ports']);

/** @throws RequestFault for parameters that are unknown, doubled, or not what they must be */
export function readParameters(info: RequestInfo, query: Query): Parameters {
  const opaque = !info.isResource || info.verb === 'proxy';
  if (opaque) return { ...nothing, canonical: query.toString() };
  const known = allowed[info.verb];
  for (const [name] of query.pairs) {
    if (!known?.has(name))
      throw new RequestFault(400, `the query parameter ${shown(name)} is not known here`, 'unsupported');
    if (!repeatable.has(name)) query.one(name);
  }
  const dryRun = query.one('dryRun');
  if (dryRun !== undefined && dryRun !== 'All') throw new RequestFault(400, 'dryRun can only be All');
  return {
    dryRun: dryRun !== undefined,
    fieldManager: query.one('fieldManager') ?? '',
    force: query.flag('force'),
    command: query.all('command'),
    container: query.one('container') ?? '',
    stdin: query.flag('stdin'),
    stdout: query.one('stdout') === undefined || query.flag('stdout'),
    stderr: query.one('stderr') === undefined || query.flag('stderr'),
    tty: query.flag('tty'),
    ports: query.all('ports').flatMap(portList),
    canonical: new Query(query.pairs.map((pair) => canonicalPair(query, pair))).toString(),
  };
}

const nothing: Omit<Parameters, 'canonical'> = {
  dryRun: false,
  fieldManager: '',
  force: false,
  command: [],
  container: '',
  stdin: false,
  stdout: false,
  stderr: false,
  tty: false,
  ports: [],
};

function canonicalPair(query: Query, [name, value]: QueryPair): QueryPair {
  return flags.has(name) ? [name, String(query.flag(name))] : [name, value];
}

function portList(value: string): string[] {
  return value.split(',').map((text) => {
    const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
    if (port < 1 || port > 65535) throw new RequestFault(400, 'ports must be numbers from 1 to 65535');
    return text;
  });
}

function shown(name: string): string {
  return /^[\w.-]{1,64}$/.test(name) ? name : 'given';
}
