import type { ForwardRequest, InspectedRequest, UpstreamAnswer } from '@sallyport/http-core';
import { parseAnswer } from '../mask/parse-answer.js';
import { isJsonObject, memberOf, textMember, type JsonObject } from '../request/json-value.js';
import type { RequestInfo } from '../request/request-info.js';
import { builtInGroups } from '../risks/built-in-groups.js';
import { documentFacts, type DocumentFacts } from '../risks/document-risks.js';
import { lineDiff } from './line-diff.js';
import { readableLines, stateOf, withoutServerParts } from './stored-object.js';

/** Objects are below 2 MB in etcd. Bytes. */
const maxAnswerBytes = 4 * 1024 * 1024;
/** Subresources that are actions: there is nothing to read at their place. */
const actions: ReadonlySet<string> = new Set(['binding', 'eviction', 'token']);
/** The only subresources of kinds that are kept by a definition; others are of servers behind the API server. */
const definedSubresources: ReadonlySet<string> = new Set(['', 'scale', 'status']);

export interface DryRunRequest {
  readonly info: RequestInfo;
  readonly forward: ForwardRequest;
  readonly ask: InspectedRequest['ask'];
  /** Puts digests in place of classified values. */
  readonly hide: (object: JsonObject) => void;
}
export interface DryRun {
  /** For the reviewer. */
  readonly text: string;
  /** Which state of the object this is about. */
  readonly state: string;
  /** Of the object as it would be stored: a patch alone does not say what it makes of it. */
  readonly facts: DocumentFacts;
}

/**
 * What a write would do, asked of the cluster without doing it (K8-12). The answer depends on the object and the request
 * alone, so that asking again gives the same.
 * @returns undefined for requests that change nothing
 */
export async function dryRun(request: DryRunRequest): Promise<DryRun | undefined> {
  const { verb, subresource } = request.info;
  if (!['create', 'update', 'patch', 'delete'].includes(verb)) return undefined;
  const none: DocumentFacts = { risks: new Set(), images: new Set() };
  if (isAction(request.info)) return { text: unasked(request), state: await currentState(request), facts: none };
  const live = await liveObject(request);
  const state = live ? stateOf(live, subresource === 'status') : 'none';
  if (verb === 'delete') return { text: live ? changes(request, live, undefined) : '', state, facts: none };
  if (!(await heedsDryRun(request))) return { text: unasked(request), state, facts: none };
  const result = await wouldBe(request);
  if (typeof result === 'number')
    return { text: `the cluster would refuse this with status ${result}`, state, facts: none };
  // What the server would make up for a new object (names, addresses) differs each time.
  const text = live ? changes(request, live, result) : '';
  return { text, state, facts: documentFacts(result) };
}

/** Which state of its object a request is about; cheap enough to ask again before release. */
export async function currentState(request: DryRunRequest): Promise<string> {
  const live = await liveObject(request);
  return live ? stateOf(live, request.info.subresource === 'status') : 'none';
}

function isAction({ group, subresource }: RequestInfo): boolean {
  return actions.has(subresource) || (!builtInGroups.has(group) && !definedSubresources.has(subresource));
}

function unasked({ info }: DryRunRequest): string {
  return builtInGroups.has(info.group) ? '' : 'the cluster was not asked what this would do: it might do it';
}

/**
 * `dryRun` is a promise of the API server and of the kinds that it keeps by a definition. A server behind it (API aggregation)
 * may never look at it, and would do at once what is still to be decided on.
 */
async function heedsDryRun({ info, forward, ask }: DryRunRequest): Promise<boolean> {
  if (builtInGroups.has(info.group)) return true;
  const name = `${info.resource}.${info.group}`;
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
  const answer = await ask({ method: 'GET', path, headers: questionHeaders(forward), maxBytes: maxAnswerBytes });
  const definition = objectOf(answer);
  return typeof definition !== 'number' && textMember(memberOf(definition, 'metadata'), 'name') === name;
}

/** Undefined when there is none yet. */
async function liveObject({ info, forward, ask }: DryRunRequest): Promise<JsonObject | undefined> {
  if (info.name === '') return undefined;
  const [asked] = forward.path.split('?');
  const path = isAction(info) ? asked!.slice(0, -info.subresource.length - 1) : asked!;
  const answer = await ask({ method: 'GET', path, headers: questionHeaders(forward), maxBytes: maxAnswerBytes });
  if (answer.status === 404) return undefined;
  const object = objectOf(answer);
  if (typeof object === 'number') throw new Error('the object cannot be read');
  return object;
}

async function wouldBe({ forward, ask }: DryRunRequest): Promise<JsonObject | number> {
  const separator = forward.path.includes('?') ? '&' : '?';
  const path = /[?&]dryRun=All(?:&|$)/.test(forward.path) ? forward.path : `${forward.path}${separator}dryRun=All`;
  const body = Buffer.isBuffer(forward.body) ? { body: forward.body } : {};
  const type = forward.headers.filter(([name]) => name === 'content-type');
  const headers = [...questionHeaders(forward), ...type];
  return objectOf(await ask({ method: forward.method, path, headers, ...body, maxBytes: maxAnswerBytes }));
}

function questionHeaders({ headers }: ForwardRequest): ForwardRequest['headers'] {
  return [['accept', 'application/json'], ...headers.filter(([name]) => name.startsWith('impersonate-'))];
}

/** The status, when it is no success. */
function objectOf({ status, body }: UpstreamAnswer): JsonObject | number {
  if (status < 200 || status > 299) return status;
  const value = parseAnswer(body);
  if (!isJsonObject(value)) throw new Error('the cluster answered with no object');
  return value;
}

function changes({ info, hide }: DryRunRequest, live: JsonObject | undefined, result: JsonObject | undefined): string {
  const lines = (object: JsonObject | undefined): string => {
    if (!object) return '';
    const shown = withoutServerParts(object, info.subresource === 'status');
    hide(shown);
    return readableLines(shown);
  };
  return lineDiff(lines(live), lines(result)) || 'nothing would change';
}
