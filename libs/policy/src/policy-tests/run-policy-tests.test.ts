import { actionFromEffects, readEffect } from '../judging/requested-effect.js';
import { runPolicyTests } from './run-policy-tests.js';

const file = {
  policies: [
    {
      name: 'ci-on-shop',
      cedar: `permit (principal in Group::"ci", action in [Action::"connect", Action::"select"], resource in Resource::"shop");
              @approval("dba") permit (principal in Group::"ci", action == Action::"delete", resource) when { context.statement.hasWhere };
              forbid (principal, action == Action::"select", resource) when { context.hour < 6 };`,
    },
  ],
  groups: [{ name: 'ci', members: ['ServiceAccount::ci'] }],
  resources: [
    {
      name: 'shop',
      labels: { env: 'prod' },
      classification: [{ column: 'public.customers.email', tags: ['pii'], mask: 'redact' }],
    },
  ],
  cases: [
    {
      name: 'reads with the address masked',
      principal: 'ServiceAccount::ci',
      on: 'shop',
      time: '2026-01-05T10:00:00Z',
      effects: [{ action: 'select', object: 'shop/public.customers', columns: ['id', 'email'] }],
      expect: 'permit',
      masks: ['shop/public.customers.email'],
    },
  ],
};
const base = file.cases[0]!;
const withCase = (over: Record<string, unknown>) => ({ ...file, cases: [{ ...base, masks: undefined, ...over }] });
const remove = [{ action: 'delete', object: 'shop/public.orders' }];

test('a case that holds passes', () => {
  expect(runPolicyTests(file)).toMatchObject({ ok: true, problems: [], issues: [], results: [{ passed: true }] });
});

test.each([
  ['hold', { effects: remove, statement: { hasWhere: true }, expect: 'hold' }],
  ['deny', { effects: remove, expect: 'deny' }],
  ['night', { time: '2026-01-05T05:59:00Z', expect: 'deny' }],
  ['stranger', { principal: 'User::ci', expect: 'deny' }],
  ['claimed group', { principal: 'User::bob', groups: ['ci'], expect: 'permit' }],
])('%s', (_name, over) => {
  expect(runPolicyTests(withCase(over))).toMatchObject({ ok: true });
});

test.each([
  ['another effect', { expect: 'deny' }, 'another outcome'],
  ['a mask that is not there', { masks: [] }, 'another outcome'],
  [
    'a missing mask',
    {
      effects: [{ action: 'select', object: 'shop/public.orders', columns: ['id'] }],
      masks: ['shop/public.orders.id'],
    },
    'another outcome',
  ],
  ['SQL without an inspector', { effects: undefined, sql: 'SELECT 1' }, 'needs an inspector'],
  ['an unknown action', { effects: [{ action: 'drop', object: 'shop' }] }, 'unknown action drop'],
  ['an action on the wrong object', { effects: [{ action: 'delete', object: 'shop' }] }, 'does not apply'],
  ['a bad object', { effects: [{ action: 'select', object: 'shop/a.b.c.d' }] }, 'is not RESOURCE/SCHEMA'],
])('%s fails the case', (_name, over, problem) => {
  const report = runPolicyTests(withCase(over));
  expect(report).toMatchObject({ ok: false, results: [{ passed: false }] });
  expect(report.results[0]!.problem).toContain(problem);
});

test.each([
  ['no cases', { ...file, cases: [] }, 'the file has no cases'],
  ['no mapping', 'text', 'file is not a mapping'],
  ['a misspelt field', withCase({ expects: 'deny' }), 'cases[0].expects is not known here'],
  ['a missing expectation', withCase({ expect: undefined }), 'cases[0].expect is missing'],
  ['an unknown expectation', withCase({ expect: 'allow' }), 'cases[0].expect is not one of permit, hold, deny'],
  ['no principal type', withCase({ principal: 'ci' }), 'cases[0].principal is not User::NAME'],
  ['nothing to judge', withCase({ effects: undefined }), 'cases[0].effects or `sql` is needed'],
  ['both', withCase({ sql: 'SELECT 1' }), 'and not both'],
  ['a bad time', withCase({ time: 'noon' }), 'cases[0].time is not a time'],
  [
    'a bad column',
    { ...file, resources: [{ ...file.resources[0], classification: [{ column: 'email', mask: 'redact' }] }] },
    'is not SCHEMA.TABLE.COLUMN',
  ],
  ['a bad policy', { ...file, policies: [{ name: 'x', cedar: 'permit' }] }, 'the policies are invalid'],
])('%s runs nothing', (_name, given, problem) => {
  const report = runPolicyTests(given);
  expect(report).toMatchObject({ ok: false, results: [] });
  expect(report.problems[0]).toContain(problem);
});

test('SQL is read by whoever asks, and an unreadable one fails', () => {
  const sql = withCase({ effects: undefined, sql: 'SELECT email FROM customers' });
  const meaning = { action: 'select', object: 'shop/public.customers', columns: ['email'] };
  const inspect = (resource: string, text: string) => {
    expect([resource, text]).toEqual(['shop', 'SELECT email FROM customers']);
    return actionFromEffects({ protocol: 'postgres', effects: [readEffect('postgres', meaning)] });
  };
  expect(runPolicyTests(sql, { inspect })).toMatchObject({ ok: true });
  const fail = () => {
    throw new Error('syntax error at or near "SELEC"');
  };
  expect(runPolicyTests(sql, { inspect: fail }).results[0]!.problem).toContain('syntax error');
});

test('what the file leaves out comes from the caller', () => {
  const { policies, groups, resources } = runnableBase();
  expect(runPolicyTests({ cases: file.cases }, { base: { policies, groups, resources } })).toMatchObject({ ok: true });
  expect(runPolicyTests({ cases: file.cases })).toMatchObject({ ok: false });
});

function runnableBase() {
  const column = { kind: 'Column' as const, resource: 'shop', schema: 'public', table: 'customers', column: 'email' };
  const resources = [{ name: 'shop', labels: {}, classification: [{ column, tags: [], mask: 'redact' as const }] }];
  return { policies: file.policies, groups: file.groups, resources };
}
