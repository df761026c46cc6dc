import fc from 'fast-check';
import { parseJsonManifests, parseYamlManifests } from './parse-manifests.js';

const account = 'kind: ServiceAccount\nname: ci\nspec: {groups: [ci]}\n';
const errorsOf = (yaml: string) => {
  const parsed = parseYamlManifests(yaml);
  return parsed.ok ? [] : parsed.errors;
};

test('documents keep their place, empty ones included', () => {
  const parsed = parseYamlManifests(`# a comment\n---\n${account}---\n---\nkind: Group\nname: dba\nspec: {}\n`);
  expect(parsed.ok && parsed.documents.map(({ document, manifest }) => [document, manifest.name])).toEqual([
    [1, 'ci'],
    [3, 'dba'],
  ]);
});

test('errors of every document are told together, by place and path', () => {
  const wrong = `${account}---\nkind: Resource\nname: shop\nspec: {protocol: postgres, upstream: {host: h, port: 0}, credential: {username: u}}\n---\nkind: Resource\nname: db\nspec: {protocol: mysql}\n---\nkind: Nope\nname: x\n`;
  expect(errorsOf(wrong).map(({ document, path, reason }) => `${document} ${path}: ${reason}`)).toEqual([
    '2 spec.upstream.port: Too small: expected number to be >=1',
    '3 spec.protocol: protocol mysql is not served by this version',
    '4 kind: kind must be one of Resource, ServiceAccount, User, Group, Role, TrustedIssuer, IdentityProvider, Policy',
  ]);
});

test('broken YAML is told by line and column, without what stands there', () => {
  const [error] = errorsOf('kind: Resource\nspec: {password: hunter2\n  - hunter2\n');
  expect(error!.reason).toMatch(/^not valid YAML at line \d+, column \d+ \([A-Z_]+\)$/);
  expect(JSON.stringify(errorsOf('a: hunter2\na: hunter2\n'))).not.toContain('hunter2');
});

test.each([
  ['a key twice', 'kind: Group\nname: a\nname: b\nspec: {}\n'],
  ['an unknown member', 'kind: Group\nname: a\nspec: {member: []}\n'],
  ['an unknown tag', 'kind: !!js/function Group\nname: a\nspec: {}\n'],
  ['a prototype', 'kind: Group\nname: a\nspec: {}\n__proto__: {x: 1}\n'],
  ['a list instead of documents', '- kind: Group\n'],
  ['only text', 'hello'],
  ['an alias to nothing', 'kind: *nothing\n'],
])('%s is refused', (_, yaml) => {
  expect(errorsOf(yaml)).not.toEqual([]);
});

test('aliases that grow without end are refused quickly', () => {
  const levels = Array.from({ length: 20 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(',')}]`);
  const started = Date.now();
  expect(errorsOf(`a0: &a0 x\n${levels.join('\n')}\n`)[0]!.reason).toMatch(/alias/);
  expect(Date.now() - started).toBeLessThan(2000);
});

test('whatever is sent, the answer is a value', () => {
  fc.assert(fc.property(fc.string(), (text) => expect(typeof parseYamlManifests(text).ok).toBe('boolean')));
  fc.assert(fc.property(fc.jsonValue(), (value) => expect(typeof parseJsonManifests(value).ok).toBe('boolean')));
});

test('JSON is one manifest or a list of them', () => {
  const group = { kind: 'Group', name: 'dba', spec: { members: ['Group::ops'] } };
  expect(parseJsonManifests(group)).toMatchObject({
    ok: true,
    documents: [{ document: 1, manifest: { name: 'dba' } }],
  });
  expect(parseJsonManifests([group, { ...group, name: 'X' }])).toMatchObject({
    ok: false,
    errors: [{ document: 2, path: 'name' }],
  });
});
