import type { Principal } from '@sallyport/domain';
import { apiCollections } from '@sallyport/domain';
import { apiVerbs } from '../language/api-schema.js';
import type { ApiObject, ApiQuestion } from './api-judge.js';
import { ApiJudge } from './api-judge.js';

const member = (...groups: string[]): Principal => ({ type: 'User', id: 'alice', groups, roles: [] });
const judgeOf = (...cedar: string[]) => new ApiJudge(cedar.map((text, at) => ({ name: `p${at}`, cedar: text })));
const builtIn = judgeOf();
const question = (rest: Partial<ApiQuestion>): ApiQuestion => ({
  principal: member(),
  verb: 'read',
  collection: 'resources',
  time: new Date('2030-01-01T12:00:00Z'),
  sourceIp: '10.1.2.3',
  credential: 'key',
  ...rest,
});

test('administrators may do everything, auditors may read, others nothing', () => {
  for (const collection of apiCollections) {
    for (const verb of apiVerbs) {
      const asked = (principal: Principal) => builtIn.permits(question({ principal, verb, collection }));
      expect(asked(member('admins'))).toBe(true);
      expect(asked(member('auditors'))).toBe(verb === 'read');
      expect(asked(member())).toBe(false);
      expect(asked(member('dba', 'admin', 'Admins'))).toBe(false);
    }
  }
});

test('a name is not a group, nor a role', () => {
  const principal: Principal = { type: 'ServiceAccount', id: 'admins', groups: [], roles: ['admins'] };
  expect(builtIn.permits(question({ principal }))).toBe(false);
});

test('CP-04: what fails denies', () => {
  const broken: Partial<ApiQuestion>[] = [
    { verb: 'drop' as 'delete' },
    { verb: 'drop' as 'delete', collection: 'policies' },
    { principal: { ...member('admins'), groups: undefined as never } },
    { collection: undefined as never },
    { sourceIp: 'nowhere' },
    { time: new Date(Number.NaN) },
  ];
  for (const rest of broken) {
    expect(builtIn.permits(question({ principal: member('admins'), ...rest }))).toBe(false);
  }
});

const ci = `permit (principal in Group::"ci-admins", action == Api::Action::"create",
  resource == Api::Collection::"service-accounts")
when { context.object.name like "ci-*" && ["ci"].containsAll(context.object.groups) && context.object.lifetimeSeconds <= 3600 };`;
const pipeline: Principal = { type: 'ServiceAccount', id: 'pipeline', groups: ['ci-admins'], roles: [] };
const account: ApiObject = {
  name: 'ci-1',
  kind: 'ServiceAccount',
  groups: ['ci'],
  owner: 'a@b.c',
  lifetimeSeconds: 3600,
};

test.each<[string, Partial<ApiQuestion>, boolean]>([
  ['within the bounds', {}, true],
  ['without groups', { object: { ...account, groups: [] } }, true],
  ['another name', { object: { ...account, name: 'prod' } }, false],
  ['a group more', { object: { ...account, groups: ['ci', 'dba'] } }, false],
  ['a longer life', { object: { ...account, lifetimeSeconds: 3601 } }, false],
  ['no end at all', { object: { ...account, lifetimeSeconds: undefined } }, false],
  ['no object', { object: undefined }, false],
  ['another verb', { verb: 'update' }, false],
  ['another collection', { collection: 'groups' }, false],
  ['somebody else', { principal: { ...pipeline, groups: ['ci'] } }, false],
])('a rule with bounds: %s', (_, rest, expected) => {
  const asked = question({
    principal: pipeline,
    verb: 'create',
    collection: 'service-accounts',
    object: account,
    ...rest,
  });
  expect(judgeOf(ci).permits(asked)).toBe(expected);
});

test('a statement that does not name the API opens nothing of it', () => {
  const judge = judgeOf('permit (principal, action, resource);', 'permit (principal in Group::"x", action, resource);');
  for (const verb of apiVerbs) {
    expect(judge.permits(question({ principal: member('x'), verb }))).toBe(false);
    expect(judge.mayPermit(member('x'), verb, 'resources')).toBe(false);
  }
});

test('whether a request may be permitted is known without its object', () => {
  const judge = judgeOf(ci);
  expect(judge.mayPermit(pipeline, 'create', 'service-accounts')).toBe(true);
  expect(judge.mayPermit(pipeline, 'update', 'service-accounts')).toBe(false);
  expect(judge.mayPermit(pipeline, 'create', 'service-account-keys')).toBe(false);
  expect(judge.mayPermit(member('ci'), 'create', 'service-accounts')).toBe(false);
  expect(judge.mayPermit(member('admins'), 'delete', 'audit')).toBe(true);
});

test('a forbid narrows administrators too, but never keeps them from policies', () => {
  const all = apiVerbs.map((verb) => `Api::Action::"${verb}"`).join(', ');
  const judge = judgeOf(`forbid (principal, action in [${all}], resource);`);
  for (const collection of apiCollections) {
    for (const verb of apiVerbs) {
      const kept = collection === 'policies' && verb !== 'decide';
      expect(judge.permits(question({ principal: member('admins'), verb, collection }))).toBe(kept);
      expect(judge.permits(question({ principal: member('auditors'), verb, collection }))).toBe(false);
    }
  }
});

test('a rule whose condition fails denies what another permits', () => {
  const judge = judgeOf(
    'forbid (principal, action == Api::Action::"read", resource) when { context.sourceIp.isInRange(ip("192.0.2.0/24")) };',
  );
  const asked = question({ principal: member('admins') });
  expect(judge.permits(asked)).toBe(true);
  expect(judge.permits({ ...asked, sourceIp: '::ffff:192.0.2.7' })).toBe(false);
  const { sourceIp: _, ...unknown } = asked;
  expect(judge.permits(unknown)).toBe(false);
});

test('an agent may what it and its person both may', () => {
  const judge = judgeOf('permit (principal in Group::"readers", action == Api::Action::"read", resource);');
  const agent = (own: string[], person: string[]): Principal => ({
    ...{ type: 'Agent', id: 'helper', groups: own, roles: [] },
    actsFor: member(...person),
  });
  const may = (principal: Principal) => judge.permits(question({ principal }));
  expect(may(agent(['readers'], ['readers']))).toBe(true);
  expect(may(agent(['readers'], []))).toBe(false);
  expect(may(agent([], ['readers']))).toBe(false);
  expect(may(agent(['admins'], ['readers']))).toBe(true);
  const update = question({ principal: agent(['admins'], ['readers']), verb: 'update', collection: 'policies' });
  expect(judge.permits(update)).toBe(false);
});

test('many judges in turn keep their own answers', () => {
  const judges = Array.from({ length: 40 }, (_, n) =>
    judgeOf(`permit (principal in Group::"g${n}", action == Api::Action::"read", resource);`),
  );
  for (const [n, judge] of [...judges.entries(), ...judges.entries()]) {
    expect(judge.permits(question({ principal: member(`g${n}`) }))).toBe(true);
    expect(judge.permits(question({ principal: member(`g${n + 1}`) }))).toBe(false);
  }
  judges.forEach((judge) => judge.retire());
});
