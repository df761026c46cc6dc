import type { Action, Decision } from '@sallyport/domain';
import type { SessionQuestion } from '../index.js';
import { InvalidPoliciesError, Judge } from '../index.js';
import { action, ci, decide, judgeOf, orders, question, read, shop, tenOClock } from './shop-fixture.js';

const permit = '@id("permit") permit (principal, action, resource);';
const forbid = '@id("forbid") @reason("never") forbid (principal, action == Action::"select", resource);';
const permitApproval =
  '@id("permitApproval") @approval("dba") permit (principal, action == Action::"select", resource);';
const forbidApproval =
  '@id("forbidApproval") @approval("sec") forbid (principal, action == Action::"select", resource);';
const broken =
  '@id("broken") forbid (principal, action == Action::"select", resource) when { context.hour + 9223372036854775807 > 0 && context.hour < 0 };';

describe('the order of verdicts', () => {
  test.each([
    [[], 'deny', ['no-permit undefined']],
    [[permit], 'permit', ['permitted p']],
    [[forbid], 'deny', ['forbidden p']],
    [[permit, forbid], 'deny', ['forbidden p#forbid']],
    [[permit, forbid, forbidApproval], 'deny', ['forbidden p#forbid']],
    [[permitApproval, forbid], 'deny', ['forbidden p#forbid']],
    [[forbidApproval], 'deny', ['no-permit undefined']],
    [[permit, forbidApproval], 'hold', ['needs-approval p#forbidApproval']],
    [[permit, permitApproval, forbidApproval], 'hold', ['needs-approval p#forbidApproval']],
    [[permitApproval, forbidApproval], 'hold', ['needs-approval p#forbidApproval', 'needs-approval p#permitApproval']],
    [[permitApproval], 'hold', ['needs-approval p']],
    [[permit, permitApproval], 'permit', ['permitted p#permit']],
    [[permit, broken], 'deny', ['evaluation-error p#broken']],
    [[permitApproval, broken], 'deny', ['evaluation-error p#broken']],
    [[permit, broken, forbidApproval], 'deny', ['evaluation-error p#broken']],
    [[permit, forbid, broken], 'deny', ['evaluation-error p#broken']],
  ])('%j: %s', (statements, effect, because) => {
    const decision = decide(statements.join('\n') || 'permit (principal == User::"nobody", action, resource);', read, {
      now: tenOClock,
    });
    expect(decision.effect).toBe(effect);
    expect(decision.because.map(({ code, policy }) => `${code} ${policy}`)).toEqual(because);
    expect(decision.policyRevision).toBe(7);
  });

  test('CP-04: no policies at all deny', () => {
    const judge = new Judge({ revision: 1, policies: [], groups: [], resources: [shop] });
    expect(judge.forSession(question).judge(read).effect).toBe('deny');
  });

  test('reasons carry what the policy says, and never for a failed one', () => {
    expect(decide(`${permit} ${forbid}`, read).because).toEqual([
      { code: 'forbidden', policy: 'p#forbid', text: 'never', object: orders },
    ]);
    const failing = broken.replace('@id', '@reason("say this") @id');
    const { because } = decide(`${permit} ${failing}`, read, { now: tenOClock });
    expect(because[0]!.text).toBe('a policy could not be evaluated');
  });

  test('several effects: the strictest wins, and only it is explained', () => {
    const cedar = `permit (principal, action == Action::"select", resource);
      @approval("dba") permit (principal, action == Action::"delete", resource);`;
    const both = action({ action: 'select', object: orders, columns: ['id'] }, { action: 'delete', object: orders });
    expect(decide(cedar, both)).toMatchObject({ effect: 'hold', because: [{ policy: 'p#2', object: orders }] });
    const worse = action(
      { action: 'select', object: orders },
      { action: 'delete', object: orders },
      { action: 'truncate', object: orders },
    );
    expect(decide(cedar, worse)).toMatchObject({ effect: 'deny', because: [{ code: 'no-permit' }] });
  });
});

describe('approval terms', () => {
  const approvals = (decision: Decision) => (decision.effect === 'hold' ? decision.approval : undefined);
  const onDelete = (annotations: string, effect = 'permit') =>
    `${annotations} ${effect} (principal, action == Action::"delete", resource);`;
  const drop = action({ action: 'delete', object: orders });

  test('half an hour unless the policy says otherwise', () => {
    expect(approvals(decide(onDelete('@approval("dba,sec") @quorum("2")'), drop))).toEqual({
      requirements: [{ groups: ['dba', 'sec'], quorum: 2 }],
      expiresInSeconds: 1800,
    });
  });

  test('of several permits the highest quorum speaks, then the first name', () => {
    const cedar = [
      onDelete('@id("c") @approval("one")'),
      onDelete('@id("b") @approval("two") @quorum("2")'),
      onDelete('@id("a") @approval("three") @quorum("2")'),
    ].join('\n');
    expect(approvals(decide(cedar, drop))?.requirements).toEqual([{ groups: ['three'], quorum: 2 }]);
  });

  test('holds combine: each requirement once, the higher quorum, the shortest time', () => {
    const cedar = [
      permit,
      onDelete('@approval("dba") @expires("10m")', 'forbid'),
      onDelete('@approval("dba") @quorum("3") @expires("2h")', 'forbid'),
      '@approval("sec") forbid (principal, action == Action::"truncate", resource);',
    ].join('\n');
    const both = action({ action: 'delete', object: orders }, { action: 'truncate', object: orders });
    expect(approvals(decide(cedar, both))).toEqual({
      requirements: [
        { groups: ['dba'], quorum: 3 },
        { groups: ['sec'], quorum: 1 },
      ],
      expiresInSeconds: 600,
    });
  });
});

describe('who and where', () => {
  test.each([
    ['principal == ServiceAccount::"ci"', 'permit'],
    ['principal == User::"ci"', 'deny'],
    ['principal in Group::"ci"', 'permit'],
    ['principal in Group::"outer"', 'permit'],
    ['principal in Group::"other"', 'deny'],
    ['principal is ServiceAccount', 'permit'],
    ['principal is User', 'deny'],
    ['principal is ServiceAccount in Role::"reader"', 'permit'],
    ['principal in Role::"writer"', 'deny'],
  ])('%s: %s', (scope, effect) => {
    const judge = judgeOf(`permit (${scope}, action, resource);`, {
      groups: [{ name: 'outer', members: ['Group::ci'] }],
    });
    const session = judge.forSession({ ...question, principal: { ...ci, roles: ['reader'] } });
    expect(session.judge(read).effect).toBe(effect);
    judge.retire();
  });

  test.each([
    ['context.sourceIp.isInRange(ip("10.0.0.0/8"))', 'permit'],
    ['context.sourceIp.isInRange(ip("192.168.0.0/16"))', 'deny'],
    ['context.protocol == "postgres"', 'permit'],
    ['context has task && context.task == "T-1"', 'permit'],
    ['context.time > datetime("2026-01-05T09:59:59Z") && context.time < datetime("2026-01-05T10:00:01Z")', 'permit'],
    ['context.hour == 10 && context.weekday == 1', 'permit'],
    ['context.statement.tables.contains("public.orders")', 'permit'],
    ['context.statement.kind == "select" && context.statement.readOnly', 'permit'],
  ])('%s: %s', (condition, effect) => {
    const cedar = `permit (principal, action == Action::"select", resource) when { ${condition} };`;
    const over = { sourceIp: '::ffff:10.1.2.3', task: 'T-1', now: tenOClock };
    expect(decide(cedar, read, over).effect).toBe(effect);
  });

  test('a Sunday is day 7', () => {
    const cedar = 'permit (principal, action, resource) when { context.weekday == 7 };';
    expect(decide(cedar, read, { now: () => new Date('2026-01-04T00:00:00Z') }).effect).toBe('permit');
  });
});

describe('kept decisions', () => {
  const onSelect = (condition: string) =>
    `permit (principal, action == Action::"select", resource) when { ${condition} };`;

  test('an equal question is answered by the same decision', () => {
    const session = judgeOf(onSelect('true')).forSession(question);
    expect(session.judge({ ...read })).toBe(session.judge(read));
  });

  test('another action on the same object is another question', () => {
    const cedar = 'permit (principal, action, resource) when { action == Action::"delete" };';
    const session = judgeOf(cedar).forSession(question);
    expect(session.judge(action({ action: 'delete', object: orders })).effect).toBe('permit');
    expect(session.judge(action({ action: 'truncate', object: orders })).effect).toBe('deny');
  });

  test.each([
    ['hour', 'context.hour == 10'],
    ['weekday', 'context.weekday == 1'],
    ['time', 'context.time < datetime("2026-01-05T10:00:01Z")'],
  ])('the %s passes', (_name, condition) => {
    let now = tenOClock();
    const session = judgeOf(onSelect(condition)).forSession({ ...question, now: () => now });
    expect(session.judge(read).effect).toBe('permit');
    now = new Date('2026-01-06T11:00:00Z');
    expect(session.judge(read).effect).toBe('deny');
  });

  test.each<[string, string, Partial<SessionQuestion>]>([
    ['address', 'context.sourceIp == ip("10.1.2.3")', { sourceIp: '10.9.9.9' }],
    ['task', 'context has task && context.task == "T-1"', { task: 'T-2' }],
    ['task left out', 'context has task && context.task == "T-1"', { task: undefined }],
    ['group', 'principal in Group::"ci"', { principal: { ...ci, groups: [], roles: ['r'] } }],
    ['role', 'principal in Role::"r"', { principal: ci }],
    ['type', 'principal is ServiceAccount', { principal: { ...ci, type: 'User', roles: ['r'] } }],
  ])('another %s is another question', (_name, condition, over) => {
    const judge = judgeOf(onSelect(condition));
    const known = { ...question, task: 'T-1', principal: { ...ci, roles: ['r'] } };
    expect(judge.forSession(known).judge(read).effect).toBe('permit');
    expect(judge.forSession({ ...known, ...over }).judge(read).effect).toBe('deny');
  });
});

describe('what fails denies', () => {
  const all = 'permit (principal, action, resource);';
  const failed = { effect: 'deny', because: [{ code: 'decision-failed' }] };
  const clock = 'permit (principal, action, resource) when { context.hour < 25 };';

  test.each<[string, string, Action, Partial<SessionQuestion>]>([
    ['an unknown resource', all, read, { resource: 'other' }],
    ['no address', all, read, { sourceIp: 'unix' }],
    ['another protocol', all, { ...read, protocol: 'mysql' }, {}],
    ['no effects', all, { ...read, effects: [] }, {}],
    ['an object elsewhere', all, action({ action: 'select', object: 'other/public.t', columns: [] }), {}],
    ['an unknown verb', all, { ...read, effects: [{ ...read.effects[0]!, verb: 'drop' as 'alter' }] }, {}],
    [
      'a verb on the wrong object',
      all,
      { ...read, effects: [{ verb: 'delete', object: { kind: 'Resource', resource: 'shop' } }] },
      {},
    ],
    [
      'a broken clock',
      clock,
      read,
      {
        now: () => {
          throw new Error('no time');
        },
      },
    ],
    ['no lineage', all, { ...read, lineage: undefined as never }, {}],
  ])('%s', (_name, cedar, what, over) => {
    expect(decide(cedar, what, over)).toMatchObject(failed);
    expect(
      judgeOf(cedar)
        .forSession({ ...question, ...over })
        .explain(what),
    ).toMatchObject({ decision: failed, effects: [] });
  });

  test.each([
    ['missing', undefined],
    ['a list', []],
    ['of the wrong type', { kind: 7 }],
    ['incomplete', { kind: 'select' }],
  ])('statement facts %s', (_name, statement) => {
    const cedar = `${all} forbid (principal, action == Action::"select", resource) when { context.statement.kind == "select" };`;
    const context = statement === undefined ? {} : { statement };
    const decision = decide(cedar, { ...read, context: context as Action['context'] });
    expect(decision.effect).toBe('deny');
    expect(['evaluation-error', 'decision-failed']).toContain(decision.because[0]!.code);
  });

  test('CP-03: a retired revision denies, cached decisions included', () => {
    const judge = judgeOf(all);
    const session = judge.forSession(question);
    expect(session.judge(read).effect).toBe('permit');
    judge.retire();
    expect(session.judge(read)).toMatchObject({ effect: 'deny', because: [{ code: 'policy-stale' }] });
    expect(session.explain(read).decision.effect).toBe('deny');
    expect(judge.forSession(question).judge(read).effect).toBe('deny');
  });

  test('CP-04: one invalid policy is no judge at all', () => {
    const policies = [
      { name: 'good', cedar: all },
      { name: 'bad', cedar: 'forbid (principal, action, nobody);' },
    ];
    const make = () => new Judge({ revision: 1, policies, groups: [], resources: [shop] });
    expect(make).toThrow(InvalidPoliciesError);
    expect(make).toThrow(/bad:1:/);
  });
});

test('an explanation tells each effect and the words of an error', () => {
  const cedar = `${permit} ${broken}`;
  const both = action({ action: 'delete', object: orders }, { action: 'select', object: orders, columns: ['id'] });
  const explanation = judgeOf(cedar)
    .forSession({ ...question, now: tenOClock })
    .explain(both);
  expect(explanation.effects).toMatchObject([
    {
      verb: 'delete',
      object: orders,
      verdict: 'permit',
      findings: [{ code: 'permitted', policies: ['p#permit'] }],
      errors: [],
    },
    {
      verb: 'select',
      verdict: 'deny',
      columns: ['id'],
      errors: [{ policy: 'p#broken', message: expect.stringContaining('overflow') }],
    },
  ]);
  expect(explanation.decision.effect).toBe('deny');
});
