import { apiRoutes } from '@sallyport/api-contract';
import { heldOn, segmentOf, useFleet } from '../../testing/gateway-fleet.js';

const fleet = useFleet();
/** Sessions of two accounts, each with a recording; keys of both, of a colleague, and of people with rights of their own. */
const sessions = { ci: '', other: '' };
const keys: Record<string, string> = {};

const reads = (collection: string, condition: string) =>
  `permit (principal in Group::"team", action == Api::Action::"read", resource == Api::Collection::"${collection}")
   when { ${condition} };`;
const rules = async (...cedar: string[]): Promise<void> => {
  const body = [
    {
      kind: 'Policy',
      name: 'seeing',
      spec: { cedar: cedar.join('\n') || 'permit (principal in Group::"no", action, resource);' },
    },
  ];
  expect((await fleet.two.call('PUT', '/v1/manifests', { body })).status).toBe(200);
};

beforeAll(async () => {
  for (const name of ['other', 'colleague']) keys[name] = await fleet.one.account(name);
  keys['ci'] = (await fleet.one.call('POST', '/v1/service-accounts/ci/keys', { body: {} })).body.key as string;
  keys['member'] = await fleet.one.account('member', 'team');
  keys['auditor'] = await fleet.one.account('auditor', 'auditors');
  const client = await fleet.ready('seen');
  for (const name of ['ci', 'other'] as const) {
    const { session } = heldOn('seen');
    const owned = { ...session, principal: { ...session.principal, id: name, groups: [name] } };
    await client.ask('session.opened', owned);
    const { note, bytes } = segmentOf(session.id);
    await client.ask('recording.segment', note, bytes);
    sessions[name] = session.id;
  }
}, 120_000);

const paths = (id: string): [string, string][] => [
  ['GET', `/v1/sessions/${id}`],
  ['HEAD', `/v1/sessions/${id}`],
  ['GET', `/v1/sessions/${id}/recording`],
  ['HEAD', `/v1/sessions/${id}/recording`],
  ['GET', `/v1/sessions/${id}/recording/index`],
  ['GET', `/v1/sessions/${id}/watch`],
  ['HEAD', `/v1/sessions/${id}/watch`],
  ['POST', `/v1/sessions/${id}/terminate`],
];
const status = async (as: string, method: string, path: string): Promise<number> =>
  (await fleet.two.call(method, path, { as: keys[as]!, ...(method === 'POST' && { body: {} }) })).status;
const listed = async (as: string, query = ''): Promise<string[]> => {
  const { body, status: code } = await fleet.two.call('GET', `/v1/sessions${query}`, { as: keys[as]! });
  return code === 200 ? (body as { items: { id: string }[] }).items.map(({ id }) => id) : [String(code)];
};

test('ID-23: these are all the ways to a session or a recording', () => {
  const known = paths('{id}').map(([method, path]) => `${method.toLowerCase()} ${path}`);
  const ways = apiRoutes.map(({ method, path }) => `${method} ${path}`).filter((way) => /session|recording/.test(way));
  expect(ways.filter((way) => !known.includes(way))).toEqual(['get /v1/sessions']);
});

test.each(['other', 'colleague', 'ci'])(
  'ID-23: %s, whom no rule names, sees no session, by id or by list',
  async (as) => {
    await rules();
    for (const [method, path] of paths(sessions.ci))
      expect([method, path, await status(as, method, path)]).toEqual([method, path, 403]);
    for (const query of ['', '?principal=ServiceAccount::ci', '?resource=shop&open=true', '?limit=200']) {
      expect(await listed(as, query)).toEqual(['403']);
    }
  },
);

test('ID-23: a rule about one principal’s sessions shows those and hides the rest, in lists too', async () => {
  await rules(
    reads('sessions', 'context has object && context.object.owner == "ServiceAccount::ci"'),
    reads('recordings', 'context has object && context.object.owner == "ServiceAccount::ci"'),
  );
  expect(await listed('member')).toEqual([sessions.ci]);
  expect(await listed('member', '?principal=ServiceAccount::other')).toEqual([]);
  for (const [method, path] of paths(sessions.ci)) {
    expect([method, path, await status('member', method, path)]).toEqual([method, path, method === 'POST' ? 403 : 200]);
  }
  for (const [method, path] of paths(sessions.other)) {
    expect([method, path, await status('member', method, path)]).toEqual([method, path, method === 'POST' ? 403 : 404]);
  }
  expect((await fleet.one.call('GET', `/v1/sessions/${sessions.other}`)).body.open).toBe(true);
});

test('ID-23: to see a session is not to see its recording', async () => {
  await rules(reads('sessions', 'true'));
  expect((await listed('member')).sort()).toEqual(Object.values(sessions).sort());
  for (const [method, path] of paths(sessions.ci)) {
    expect([path, await status('member', method, path)]).toEqual([
      path,
      /recording|watch/.test(path) || method === 'POST' ? 403 : 200,
    ]);
  }
});

test('ID-23: a forbid hides a session from auditors, in lists too, and what they look at is on record', async () => {
  const forbid = (collection: string) =>
    `forbid (principal, action == Api::Action::"read", resource == Api::Collection::"${collection}")
     when { context has object && context.object.groups.contains("other") };`;
  await rules(forbid('sessions'), forbid('recordings'));
  expect(await listed('auditor')).toEqual([sessions.ci]);
  expect(await status('auditor', 'GET', `/v1/sessions/${sessions.other}`)).toBe(404);
  expect(await status('auditor', 'GET', `/v1/sessions/${sessions.other}/recording`)).toBe(404);
  expect(await fleet.auditOf(`Session::${sessions.other}`)).not.toContain('recording.read');
  expect(await status('auditor', 'GET', `/v1/sessions/${sessions.ci}/recording`)).toBe(200);
  expect(await fleet.auditOf(`Session::${sessions.ci}`)).toContain('recording.read');
});

test('ID-23: pages that hide sessions still lead to the end', async () => {
  await rules(reads('sessions', 'context has object && context.object.owner == "ServiceAccount::ci"'));
  const seen: string[] = [];
  let cursor: string | null = '';
  for (let pages = 0; cursor !== null; pages += 1) {
    expect(pages).toBeLessThan(4);
    const { body } = await fleet.one.call('GET', `/v1/sessions?limit=1${cursor && `&cursor=${cursor}`}`, {
      as: keys['member']!,
    });
    seen.push(...(body as { items: { id: string }[] }).items.map(({ id }) => id));
    cursor = (body as { next: string | null }).next;
  }
  expect(seen).toEqual([sessions.ci]);
});
