import { openStatements } from './open-statements.js';

const of = (cedar: string) => openStatements([{ name: 'p', cedar }]);

test.each([
  'permit (principal, action, resource);',
  'permit(principal,action,resource)when{true};',
  'permit (principal, action, resource) unless { 1 == 2 };',
  'permit (principal, action, resource) when { "principal" != "" };',
  '@id("principal") permit (principal, action, resource); // principal',
])('CP-04: %s does not permit everybody everything silently', (cedar) => {
  expect(of(cedar)).toMatchObject([{ policy: 'p', line: 1, message: expect.stringContaining('@reason') }]);
});

test('CP-04: each is named, at its place', () => {
  const open = 'permit (principal, action, resource);';
  expect(of(`permit (principal in Group::"a", action, resource);\n  ${open}\n${open}`)).toMatchObject([
    { line: 2, column: 3 },
    { line: 3, column: 1 },
  ]);
});

test.each([
  '@reason("a playground: nothing of value behind it") permit (principal, action, resource);',
  'permit (principal in Group::"a", action, resource);',
  'permit (principal, action == Action::"select", resource);',
  'permit (principal, action, resource in Resource::"shop");',
  'permit (principal, action, resource) when { context.hour > 8 };',
  'permit (principal, action, resource) when { principal in Group::"a" };',
  'forbid (principal, action, resource);',
  'permit (principal, action == Api::Action::"read", resource);',
  'what',
])('what is bounded, said, or not ours to judge passes: %s', (cedar) => {
  expect(of(cedar)).toEqual([]);
});
