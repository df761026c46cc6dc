import { apiStatements, compilePolicies, dataPlanePolicies, validatePolicies } from './compile.js';
import { apiSchema, languageSchemas } from './schema.js';
import { checkParseSchema } from '@cedar-policy/cedar-wasm/nodejs';

const one = (cedar: string) => validatePolicies([{ name: 'p', cedar }]);

test.each(Object.entries({ ...languageSchemas, api: apiSchema }))(
  'the schema of %s is one that Cedar reads',
  (_, schema) => {
    expect(checkParseSchema(schema)).toEqual({ type: 'success' });
  },
);

test.each([
  'permit (principal in Group::"ci", action in [Action::"connect", Action::"select"], resource in Resource::"shop");',
  'permit (principal, action, resource);',
  'permit (principal == User::"alice", action in Action::"sql", resource in Label::"env=dev");',
  'forbid (principal, action == Action::"delete", resource) unless { context.statement.hasWhere };',
  'forbid (principal, action in Action::"write", resource in Schema::"shop/audit");',
  'permit (principal, action == Action::"reveal", resource in Tag::"pii") when { context has task && context.task == "T-1" };',
  'permit (principal, action == Action::"select", resource) when { context.time < datetime("2030-01-01") };',
  'permit (principal, action == Action::"select", resource) when { context.time.toTime() > duration("9h") };',
  'permit (principal, action, resource) when { context.sourceIp.isInRange(ip("10.0.0.0/8")) && context.weekday < 6 };',
  'forbid (principal, action == Action::"call", resource) unless { context.statement.functions == ["public.f"] };',
  'permit (principal is Agent in Role::"helper", action == Action::"select", resource is Table in Schema::"shop/public");',
  '@approval("dba") @quorum("2") @expires("1h") @reason("two people") permit (principal, action == Action::"alter", resource);',
  'permit (principal in Group::"ci", action == Api::Action::"read", resource == Api::Collection::"audit");',
  'permit (principal, action in [Api::Action::"read", Api::Action::"decide"], resource) when { context.credential == "login" };',
  'permit (principal in Group::"dev", action == Api::Action::"create", resource is Api::Collection) when { context.object.owner == "a@b.c" };',
  'permit (principal, action, resource) when { context.hour < 8 };',
])('%s is valid', (cedar) => {
  expect(one(cedar)).toEqual([]);
});

test.each([
  ['permit (principal, action == Action::"selec", resource);', 1, 30, 'unrecognized action'],
  ['permit (principal, action, resource)\nwhen { context.foo };', 2, 8, 'attribute `foo`'],
  ['permit (principal, action, resource) when { context.statement.hasWhere };', 1, 45, 'attribute `statement`'],
  ['permit (principal, action == Action::"select", resource) when { context.task == "x" };', 1, 65, 'task'],
  [
    'permit (principal, action == Action::"select", resource == Resource::"shop");',
    1,
    1,
    'unable to find an applicable action',
  ],
  ['permit (principal in Grp::"x", action, resource);', 1, 22, 'Grp'],
  ['permit (principal, action, resource) when { 1 < "a" };', 1, 49, 'expected Long'],
  ['permit (principal, action, resource) when { context.hour };', 1, 45, 'expected Bool'],
  ['permit (principal, action, resource) when { false };', 1, 1, 'impossible'],
  ['permit (principal == ?principal, action, resource);', 1, 22, 'template'],
  ['permit (principal, action, resource)', 1, 37, 'unexpected end'],
  ['permit (principal, action, resource); what', 1, 43, 'unexpected end'],
  ['permit (principal, action, resource);\r\n  // é\r\n  forbid (principal, action, resourc);', 3, 30, 'resourc'],
  ['@reason("é") permit (principal, action == Action::"nope", resource);', 1, 43, 'unrecognized action'],
  ['permit (principal, action, resource) when { Group::"a" in Group::"b" };', 1, 1, 'left side'],
  [
    'permit (principal, action, resource) when { (if context.hour > 1 then principal else User::"x") in Group::"b" };',
    1,
    1,
    'left side',
  ],
  [
    'forbid (principal, action in [Action::"connect", Action::"delete"], resource == Resource::"shop");',
    1,
    1,
    'delete never applies',
  ],
  [
    'forbid (principal, action in [Action::"select", Action::"delete"], resource in Tag::"pii");',
    1,
    1,
    'delete never applies',
  ],
  ['permit (principal == User::"a\u202eb", action, resource);', 1, 1, 'BIDI'],
  ['permit (principal == User::"\u0430dmin", action, resource);', 1, 1, 'mixed scripts'],
  ['forbid (principal in Role::"x", action == Api::Action::"read", resource);', 1, 22, 'Role'],
  ['permit (principal, action == Api::Action::"raed", resource);', 1, 30, 'unrecognized action'],
  ['permit (principal, action == Api::Action::"read", resource == Api::Collection::"adit");', 1, 63, 'not declared'],
  ['permit (principal, action, resource == Api::Collection::"audit");', 1, 1, 'names its actions'],
  ['permit (principal, action, resource is Api::Collection);', 1, 1, 'names its actions'],
  [
    'permit (principal, action in [Action::"select", Api::Action::"read"], resource);',
    1,
    1,
    'speaks of the API and of resources at once',
  ],
  ['@approval("a") permit (principal, action == Api::Action::"read", resource);', 1, 1, 'cannot be held'],
  [
    'permit (principal, action == Api::Action::"read", resource) when { context.object.name == "x" };',
    1,
    68,
    'has object',
  ],
  ['permit (principal, action == Api::Action::"read", resource == Resource::"shop");', 1, 63, ''],
  ['permit (principal, action == Action::"select", resource == Api::Collection::"audit");', 1, 60, ''],
  ['@quorum("2") permit (principal, action, resource);', 1, 1, '@quorum needs @approval'],
  ['@approval permit (principal, action, resource);', 1, 1, '@approval needs a value'],
  ['@approval("a") @approval("b") permit (principal, action, resource);', 1, 16, 'duplicate'],
  ['permit (principal == User::"\ud800", action, resource);', 1, 1, 'well-formed'],
])('%s is refused with its place', (cedar, line, column, message) => {
  const issues = one(cedar);
  expect(issues).toHaveLength(1);
  expect(issues[0]).toMatchObject({ policy: 'p', line, column });
  expect(issues[0]!.message).toContain(message);
  expect(issues[0]!.message).not.toMatch(/policy (with id )?`/);
});

test('one bad statement refuses the set, and each problem is named', () => {
  const good = 'permit (principal, action, resource);';
  const result = compilePolicies([
    { name: 'a', cedar: good },
    { name: 'b', cedar: `${good}\nforbid (principal, action, nobody);` },
    { name: 'c', cedar: 'forbid' },
  ]);
  expect(result.ok ? [] : result.issues.map(({ policy, line }) => [policy, line])).toEqual([
    ['b', 2],
    ['c', 1],
  ]);
});

test('two policies may not share a name', () => {
  const policy = { name: 'a', cedar: 'permit (principal, action, resource);' };
  expect(validatePolicies([policy, policy])).toMatchObject([
    { policy: 'a', message: 'another policy has the same name' },
  ]);
});

test('what was found once is found again', () => {
  const bad = 'permit (principal, action == Action::"nope", resource);';
  const good = 'permit (principal, action, resource);';
  const source = { name: 'p', cedar: `${good} ${bad}` };
  expect(validatePolicies([source])).toEqual(validatePolicies([source]));
  expect(validatePolicies([source])).toHaveLength(1);
  expect(one(good)).toEqual([]);
});

test('statements keep their order and say which policy they are of', () => {
  const result = compilePolicies([
    { name: 'a', cedar: 'permit (principal, action, resource);' },
    { name: 'b', cedar: '@id("x") permit (principal, action, resource); forbid (principal, action, resource);' },
  ]);
  expect(result.ok && result.statements.map(({ index, label }) => [index, label])).toEqual([
    [0, 'a'],
    [1, 'b#x'],
    [2, 'b#2'],
  ]);
});

const mixed = {
  name: 'mixed',
  cedar: `permit (principal == User::"a", action, resource);
// about the API
permit (principal, action == Api::Action::"read", resource);
@id("last") permit (principal == User::"b", action, resource);`,
};
const onlyApi = { name: 'api', cedar: 'forbid (principal, action == Api::Action::"delete", resource);' };

test('statements about the API are apart from those that gateways judge, and gateways are spared them', () => {
  const compiled = compilePolicies([mixed, onlyApi]);
  const labels = (statements: readonly { readonly label: string }[]) => statements.map(({ label }) => label);
  expect(compiled.ok && [labels(compiled.statements), labels(compiled.api)]).toEqual([
    ['mixed#1', 'mixed#last'],
    ['mixed', 'api'],
  ]);
  const left = dataPlanePolicies([mixed, onlyApi]);
  expect(left.map(({ name }) => name)).toEqual(['mixed']);
  expect(left[0]!.cedar).not.toContain('Api');
  const again = compilePolicies(left);
  expect(again.ok && [labels(again.statements), again.api]).toEqual([['mixed#1', 'mixed#last'], []]);
  expect(apiStatements([mixed, onlyApi])).toHaveLength(2);
});

test('what cannot be read is not dropped from what gateways get: they refuse the whole', () => {
  const broken = { name: 'broken', cedar: 'permit (principal, action, nobody); permit (' };
  expect(dataPlanePolicies([broken])).toEqual([broken]);
});
