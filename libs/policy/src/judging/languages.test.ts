import type { Action, ClassifiedField, ContextRecord, Decision, Effect } from '@sallyport/domain';
import { allVerbs, protocols, verbsOf } from '@sallyport/domain';
import { actionFromEffects, Judge, languageOf, languages, readEffect, validatePolicies, verbsIn } from '../index.js';

const judge = (cedar: string): Judge =>
  new Judge({
    revision: 1,
    policies: [{ name: 'p', cedar }],
    groups: [],
    resources: ['shop', 'api', 'cluster', 'host'].map((name) => ({ name, labels: {}, classification: [] })),
  });
const principal = { type: 'ServiceAccount', id: 'ci', groups: [], roles: [] } as const;
const places = { postgres: 'shop', http: 'api', kubernetes: 'cluster', ssh: 'host' } as const;
type Served = keyof typeof places;

function decide(cedar: string, action: Action): Decision {
  const protocol = action.protocol as Served;
  return judge(cedar)
    .forSession({ principal, resource: places[protocol], sourceIp: '192.0.2.1', protocol })
    .judge(action);
}
const act = (protocol: Served, action: string, object: string, facts: ContextRecord = {}): Action =>
  actionFromEffects({ protocol, effects: [readEffect(protocol, { action, object })] satisfies Effect[], facts });

const deleteOrders = act('postgres', 'delete', 'shop/public.orders');
const deletePod = act('kubernetes', 'delete', 'cluster/web', { resource: 'pods', namespace: 'web' });
const request = (method: string): Action => act('http', 'request', 'api', { method, route: '/orders/{id}' });

test('every verb of a protocol is a word of its language, and no other', () => {
  for (const protocol of protocols) {
    const language = languageOf(protocol);
    if (protocol !== 'mcp') expect([...verbsIn(language!)].sort()).toEqual([...verbsOf[protocol]].sort());
  }
  expect(new Set(languages.flatMap(verbsIn))).toEqual(new Set(allVerbs));
});

test('a word that several languages share means what each of them understands', () => {
  const both = 'permit (principal, action == Action::"delete", resource);';
  expect(decide(both, deleteOrders).effect).toBe('permit');
  expect(decide(both, deletePod).effect).toBe('permit');
  const pods =
    'permit (principal, action == Action::"delete", resource) when { context.kubernetes.resource == "pods" };';
  expect(decide(pods, deletePod).effect).toBe('permit');
  expect(decide(pods, deleteOrders).effect).toBe('deny');
  const rows = 'permit (principal, action == Action::"delete", resource) when { !context.statement.hasWhere };';
  expect(decide(rows, deletePod).effect).toBe('deny');
  expect(decide(rows, deleteOrders).effect).toBe('permit');
});

test('a forbid without facts holds in every language', () => {
  const cedar = 'permit (principal, action, resource); forbid (principal, action, resource);';
  for (const action of [deleteOrders, deletePod, request('GET')]) {
    expect(decide(cedar, action)).toMatchObject({ effect: 'deny', because: [{ code: 'forbidden' }] });
  }
});

test('a namespace lies in its cluster, and in no other', () => {
  const one = (cedar: string, object: string) => decide(cedar, act('kubernetes', 'get', object)).effect;
  const inNamespace = 'permit (principal, action == Action::"get", resource in Namespace::"cluster/web");';
  expect(one(inNamespace, 'cluster/web')).toBe('permit');
  expect(one(inNamespace, 'cluster/payments')).toBe('deny');
  expect(one(inNamespace, 'cluster')).toBe('deny');
  const inCluster = 'permit (principal, action in [Action::"read"], resource in Resource::"cluster");';
  for (const object of ['cluster', 'cluster/web']) expect(one(inCluster, object)).toBe('permit');
  expect(one('permit (principal, action, resource in Resource::"other");', 'cluster/web')).toBe('deny');
});

test('requests are told apart by method and route', () => {
  const cedar = `permit (principal, action == Action::"request", resource == Resource::"api")
    when { context.http.method == "GET" && context.http.route == "/orders/{id}" };`;
  expect(decide(cedar, request('GET')).effect).toBe('permit');
  expect(decide(cedar, request('DELETE')).effect).toBe('deny');
});

test('a fact of the wrong type denies, whatever is permitted', () => {
  const cedar = 'permit (principal, action, resource) unless { context.http.method == "DELETE" };';
  expect(decide(cedar, request('GET')).effect).toBe('permit');
  const wrong = act('http', 'request', 'api', { method: 7 });
  expect(decide(cedar, wrong)).toMatchObject({ effect: 'deny', because: [{ code: 'decision-failed' }] });
});

describe('classified fields', () => {
  const email: ClassifiedField = {
    field: { kind: 'Field', resource: 'api', path: '$.email' },
    tags: ['pii'],
    mask: 'partial',
  };
  const secret: ClassifiedField = {
    field: { kind: 'Field', resource: 'cluster', namespace: 'web', path: 'Secret.data' },
    tags: ['secret'],
    mask: 'redact',
  };
  const reading = (action: Action, ...fields: ClassifiedField[]): Action => ({
    ...action,
    lineage: { ...action.lineage, fields },
  });
  const masks = (cedar: string, action: Action): readonly string[] => {
    const decision = decide(
      `permit (principal, action in [Action::"request", Action::"get"], resource); ${cedar}`,
      action,
    );
    if (decision.effect !== 'permit') throw new Error('not permitted');
    return decision.obligations.map((mask) =>
      mask.kind === 'maskField' ? `${mask.field.path} ${mask.method}` : 'column',
    );
  };
  const get = act('kubernetes', 'get', 'cluster/web');

  test('are masked unless they may be revealed', () => {
    expect(masks('', reading(request('GET'), email))).toEqual(['$.email partial']);
    const reveal = 'permit (principal, action == Action::"reveal", resource == Field::"api/$.email");';
    expect(masks(reveal, reading(request('GET'), email))).toEqual([]);
    const other = 'permit (principal, action == Action::"reveal", resource == Field::"api/$.phone");';
    expect(masks(other, reading(request('GET'), email))).toEqual(['$.email partial']);
  });

  test.each([
    ['permit (principal, action == Action::"reveal", resource in Tag::"secret");', []],
    ['permit (principal, action == Action::"reveal", resource in Namespace::"cluster/web");', []],
    [
      'permit (principal, action == Action::"reveal", resource in Namespace::"cluster/payments");',
      ['Secret.data redact'],
    ],
    ['permit (principal, action == Action::"reveal", resource in Tag::"pii");', ['Secret.data redact']],
    ['@approval("dba") permit (principal, action == Action::"reveal", resource);', ['Secret.data redact']],
  ])('of a namespace go with it and with their tags: %s', (cedar, expected) => {
    expect(masks(cedar, reading(get, secret))).toEqual(expected);
  });

  test('are no part of an answer kept for other fields', () => {
    const session = judge('permit (principal, action == Action::"request", resource);').forSession({
      ...{ principal, resource: 'api', sourceIp: '192.0.2.1' },
      protocol: 'http',
    });
    expect(session.judge(request('GET'))).toMatchObject({ obligations: [] });
    expect(session.judge(reading(request('GET'), email))).toMatchObject({ obligations: [{ method: 'partial' }] });
  });
});

test.each([
  ['permit (principal, action == Action::"exec", resource) when { context.kubernetes.foo == "x" };', 'foo'],
  ['permit (principal, action == Action::"request", resource) when { context.http.method == 1 };', 'type'],
  ['permit (principal, action == Action::"fly", resource);', 'fly'],
])('what is valid in no language is refused: %s', (cedar, word) => {
  const issues = validatePolicies([{ name: 'p', cedar }]);
  expect(issues).toHaveLength(1);
  expect(issues[0]!.message).toContain(word);
});

test('exec is said of pods and of servers, each with its own facts', () => {
  const cedar = `permit (principal, action == Action::"exec", resource) when { context.ssh.program == "uptime" };`;
  expect(decide(cedar, act('ssh', 'exec', 'host', { program: 'uptime' })).effect).toBe('permit');
  expect(decide(cedar, act('kubernetes', 'exec', 'cluster/web')).effect).toBe('deny');
});

test('a request without its facts is denied where a policy reads them', () => {
  const cedar = `permit (principal, action, resource);
    forbid (principal, action == Action::"request", resource) when { context.http.method == "DELETE" };`;
  const bare = { ...request('GET'), context: {} };
  expect(decide(cedar, bare)).toMatchObject({ effect: 'deny', because: [{ code: 'decision-failed' }] });
});
