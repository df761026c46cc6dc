import fc from 'fast-check';
import type { ClaimRule, Claims } from '../issuer-config.js';
import { parseStrictObject } from '../token/strict-json.js';
import { claimGroups } from './claim-groups.js';
import { claimTest } from './claim-test.js';
import { claimValue } from './claim-value.js';
import { compileRule } from './compiled-rule.js';
import { TextPattern } from './text-pattern.js';

const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constantFrom('1', '', 'true', 1, 0, true, false));
const rule: fc.Arbitrary<ClaimRule> = fc.oneof(
  scalar,
  fc.array(scalar, { minLength: 1, maxLength: 4 }),
  fc.record({ like: fc.string({ unit: fc.constantFrom('a', 'b', '*', '.') }) }),
);
const name = fc.constantFrom('a', 'b', 'c', 'a.b', 'a.b.c', 'constructor', '__proto__', 'toString');
const claimsOf = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Claims> => fc.dictionary(name, value);
const someClaims = claimsOf(fc.oneof(scalar, fc.jsonValue(), fc.dictionary(name, scalar)));
const fits = (rules: Record<string, ClaimRule>, claims: Claims): boolean =>
  compileRule({ claims: rules, principal: 'User' }, 0)?.fits(claims) ?? false;

test('ID-10: a rule that asks for more fits no token that it did not fit before', () => {
  fc.assert(
    fc.property(fc.dictionary(name, rule, { minKeys: 1 }), name, rule, someClaims, (rules, more, wanted, claims) => {
      fc.pre(!Object.hasOwn(rules, more));
      if (!fits(rules, claims)) expect(fits({ ...rules, [more]: wanted }, claims)).toBe(false);
    }),
  );
});

test('ID-10: a claim that no rule names changes nothing', () => {
  fc.assert(
    fc.property(fc.dictionary(name, rule, { minKeys: 1 }), someClaims, fc.jsonValue(), (rules, claims, extra) => {
      expect(fits(rules, { ...claims, unnamed: extra })).toBe(fits(rules, claims));
    }),
  );
});

test('ID-10: what a value is counts as much as how it is written', () => {
  fc.assert(
    fc.property(scalar, (value) => {
      const test = claimTest(value);
      expect(test(value)).toBe(true);
      const others = [[value], { value }, null, undefined, `${value} `, typeof value === 'string' ? 1 : String(value)];
      for (const other of others) expect(test(other)).toBe(false);
      expect(claimTest([value])([value])).toBe(false);
      expect(claimTest({ like: '*' })(typeof value === 'string' ? [value] : value)).toBe(false);
    }),
  );
});

test.each([
  [1, '1'],
  ['1', 1],
  [true, 'true'],
  ['admin', ['admin']],
  [['admin'], ['admin']],
  ['admin', 'Admin'],
  ['admin', 'admın'],
  ['é', 'e\u0301'],
  ['', null],
  [0, false],
  [2 ** 53, 2 ** 53],
  [[2 ** 53 + 2], 2 ** 53 + 2],
  [[], ''],
  [{ like: 'a*' }, ['ab']],
  [{ like: 'a*' }, 'ba'],
  [{ like: 'a' }, 'ab'],
  [{ like: '*a' }, 'ab'],
  [{ like: 'a.c' }, 'abc'],
  [{ like: 'a*a' }, 'a'],
  [{ like: 'A*' }, 'ab'],
  [{ like: 'a*', or: 'b' } as ClaimRule, 'ab'],
  [{ pattern: '.*' } as unknown as ClaimRule, 'ab'],
  [null as unknown as ClaimRule, null],
  [[null] as unknown as ClaimRule, null],
])('ID-10: the rule %j does not fit %j', (wanted, value) => {
  expect(claimTest(wanted)(value)).toBe(false);
});

test('a rule without claims, or without a principal that can be, is no rule', () => {
  expect(compileRule({ claims: {}, principal: 'User' }, 0)).toBeUndefined();
  for (const principal of ['', 'Users', 'User::dana', 'ServiceAccount::', 'ServiceAccount::a b', 'Role::admin']) {
    expect(compileRule({ claims: { a: 1 }, principal }, 0)).toBeUndefined();
  }
});

test('ID-09: guarded values fit only rules that name the claim exactly', () => {
  const guards = [{ claim: 'event', values: ['pull_request'] }];
  const fitsGuarded = (claims: Record<string, ClaimRule>, event: unknown): boolean =>
    compileRule({ claims, principal: 'User' }, 0, guards)!.fits({ a: 1, event });
  expect(fitsGuarded({ a: 1 }, 'push')).toBe(true);
  expect(fitsGuarded({ a: 1 }, 'pull_request')).toBe(false);
  expect(fitsGuarded({ event: 'pull_request' }, 'pull_request')).toBe(true);
  expect(fitsGuarded({ event: ['push', 'pull_request'] }, 'pull_request')).toBe(true);
  expect(fitsGuarded({ event: { like: 'pu*' } }, 'push')).toBe(true);
  expect(fitsGuarded({ event: { like: 'pu*' } }, 'pull_request')).toBe(false);
});

test('a pattern describes what the same regular expression does', () => {
  const unit = fc.constantFrom('a', 'b', '.', '\n');
  fc.assert(
    fc.property(fc.string({ unit: fc.oneof(unit, fc.constant('*')) }), fc.string({ unit }), (pattern, text) => {
      const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*');
      expect(new TextPattern(pattern).matches(text)).toBe(new RegExp(`^${source}$`, 's').test(text));
    }),
    { numRuns: 2000 },
  );
});

test('a pattern takes no longer for a text made for it', () => {
  const started = performance.now();
  expect(new TextPattern('a*'.repeat(500) + 'b*').matches('a'.repeat(16_000))).toBe(false);
  expect(performance.now() - started).toBeLessThan(500);
});

test('dotted names reach into objects, the longest name that exists first', () => {
  const claims = {
    'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'api' } },
    'a.b': 'written so',
    a: { b: 'inside', c: { d: 1 }, list: ['x'] },
    'https://sts.amazonaws.com/': { aws_account: '123456789012' },
  };
  expect(claimValue(claims, 'kubernetes.io.serviceaccount.name')).toBe('api');
  expect(claimValue(claims, 'https://sts.amazonaws.com/.aws_account')).toBe('123456789012');
  expect(claimValue(claims, 'a.b')).toBe('written so');
  expect(claimValue(claims, 'a.c.d')).toBe(1);
  for (const absent of ['a.b.c', 'a.list.0', 'a.list.length', 'a.', '.a', '', 'a.c.d.e', 'kubernetes', 'constructor']) {
    expect(claimValue(claims, absent)).toBeUndefined();
  }
});

test('ID-02: no name finds what every object has', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.getOwnPropertyNames(Object.prototype)), name, (inherited, first) => {
      expect(claimValue({ a: {}, b: [], c: 'text' }, inherited)).toBeUndefined();
      expect(claimValue({ a: {}, b: [], c: 'text' }, `${first}.${inherited}`)).toBeUndefined();
    }),
  );
});

describe('claim groups', () => {
  const rules = [
    { group: 'dba', issuer: 'okta', claim: 'groups', equals: 'DBA' },
    { group: 'ops', issuer: 'okta', claim: 'groups', equals: 'ops' },
    { group: 'other', issuer: 'entra', claim: 'groups', equals: 'DBA' },
    { group: 'lead', issuer: 'okta', claim: 'realm.role', equals: 'lead' },
  ];

  test('ID-10: exact text, or a list that holds it, of this issuer only', () => {
    expect(claimGroups(rules, 'okta', { groups: ['ops', 'DBA'], realm: { role: 'lead' } })).toEqual([
      'dba',
      'lead',
      'ops',
    ]);
    expect(claimGroups(rules, 'okta', { groups: 'DBA' })).toEqual(['dba']);
    expect(claimGroups(rules, 'entra', { groups: 'DBA' })).toEqual(['other']);
    for (const groups of [
      'dba',
      'DBA ',
      'DBA,ops',
      ['dba'],
      [['DBA']],
      { DBA: true },
      null,
      undefined,
      1,
      ['ＤＢＡ'],
    ]) {
      expect(claimGroups(rules, 'okta', { groups })).toEqual([]);
    }
  });

  test('ID-10: groups that the issuer left out for being too many count as none', () => {
    const claims = { groups: ['DBA'], _claim_names: { groups: 'src1' }, _claim_sources: { src1: {} } };
    expect(claimGroups(rules, 'okta', claims)).toEqual([]);
  });

  test('ID-10: more values only ever put somebody in more groups', () => {
    const value = fc.constantFrom('DBA', 'ops', 'dba', 'x');
    fc.assert(
      fc.property(fc.array(value), fc.array(value), (some, more) => {
        const before = claimGroups(rules, 'okta', { groups: some });
        expect(claimGroups(rules, 'okta', { groups: [...some, ...more] })).toEqual(expect.arrayContaining(before));
      }),
    );
  });
});

test('strict JSON reads what was written, and no object that has a member twice', () => {
  const read = (text: string): unknown => parseStrictObject(Buffer.from(text));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), fc.boolean(), (object, spaced) => {
      const text = JSON.stringify(object, null, spaced ? 2 : 0);
      expect(read(text)).toEqual(JSON.parse(text));
      for (const key of Object.keys(object)) {
        expect(read(`{${JSON.stringify(key)}:0,${text.trim().slice(1)}`)).toBeUndefined();
        expect(read(`{"outer":[{${JSON.stringify(key)}:0,${text.trim().slice(1)}]}`)).toBeUndefined();
      }
    }),
  );
});
