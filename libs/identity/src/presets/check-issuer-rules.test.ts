import type { ClaimRule, MatchRule } from '../issuer-config.js';
import { checkIssuerRules } from './check-issuer-rules.js';

const tenant = '11111111-2222-3333-4444-555555555555';

function faults(
  preset: string | undefined,
  claims: Record<string, ClaimRule>,
  principal = 'ServiceAccount::ci',
  issuer = `https://issuer.example/${tenant}`,
): readonly string[] {
  const spec = { issuer, audience: 'sallyport.example', preset, match: [{ claims, principal }] };
  return checkIssuerRules(spec).map(({ path }) => path);
}
const sts = 'https://sts.amazonaws.com/';

test.each<[string | undefined, Record<string, ClaimRule>]>([
  ['github-actions', { repository_id: '74', ref: 'refs/heads/main' }],
  ['github-actions', { repository_id: ['74', '75'], repository_owner_id: '65', environment: 'prod' }],
  ['github-actions', { repository_owner_id: '65', sub: { like: 'repo:octo-org/*' } }],
  ['github-actions', { repository_owner_id: '65', repository_id: '74', ref: { like: 'refs/tags/v*' } }],
  ['github-actions', { sub: 'repo:octo-org@65/octo-repo@74:ref:refs/heads/main' }],
  ['github-actions', { sub: 'repo:octo-org/octo-repo:ref:refs/heads/main', repository_id: '74' }],
  ['github-actions', { repository_id: '74', event_name: ['push', 'pull_request'] }],
  ['gitlab', { project_id: '22', ref_protected: 'true' }],
  ['gitlab', { namespace_id: '72', project_path: { like: 'shop/*' } }],
  ['buildkite', { organization_slug: 'acme', pipeline_slug: 'shop' }],
  ['buildkite', { organization_id: tenant, build_branch: { like: 'release/*' } }],
  ['circleci', { 'oidc.circleci.com/project-id': tenant, 'oidc.circleci.com/ssh-rerun': [true, false] }],
  ['kubernetes', { sub: 'system:serviceaccount:shop:api' }],
  ['kubernetes', { 'kubernetes.io.namespace': 'shop', 'kubernetes.io.serviceaccount.name': { like: 'api-*' } }],
  ['spiffe', { sub: 'spiffe://shop.example/api' }],
  ['spiffe', { sub: { like: 'spiffe://shop.example/ns/*/api' } }],
  ['google', { sub: '117' }],
  ['google', { sub: '117', hd: 'example.com', email_verified: true }],
  ['azure', { oid: tenant, roles: 'x' }],
  ['azure', { appid: 'app', idtyp: 'app' }],
  ['aws', { sub: 'arn:aws:iam::123456789012:role/Deploy' }],
  ['aws', { [`${sts}.principal_id`]: 'arn', [`${sts}.org_id`]: 'o-1' }],
  ['aws', { 'kubernetes.io.namespace': 'shop' }],
  [undefined, { team: 'payments' }],
  [undefined, { team: { like: 'pay*' }, level: 3, human: false }],
  [undefined, { email: 'ci@example.com', email_verified: true }],
])('%s: %j may be declared', (preset, claims) => {
  expect(faults(preset, claims)).toEqual([]);
});

test.each<[string | undefined, Record<string, ClaimRule>, string]>([
  ['github-actions', { sub: { like: 'repo:octo-org/*' } }, ''],
  ['github-actions', { sub: { like: 'repo:octo-org/*' }, repository_id: '74' }, '.sub'],
  ['github-actions', { repository_id: '74', ref: { like: 'refs/heads/*' } }, '.ref'],
  ['github-actions', { repository_id: '74', job_workflow_ref: { like: 'octo-org/*' } }, '.job_workflow_ref'],
  ['github-actions', { repository: { like: 'octo-org/*' }, repository_owner: 'octo-org' }, ''],
  ['github-actions', { repository_owner_id: { like: '6*' }, repository_id: '74' }, '.repository_owner_id'],
  ['github-actions', { ref: 'refs/heads/main', environment: 'prod' }, ''],
  ['github-actions', { repository: 'octo-org/octo-repo' }, ''],
  ['github-actions', { sub: 'repo:octo-org/octo-repo:ref:refs/heads/main' }, '.sub'],
  ['github-actions', { sub: 'repo:octo-org-65/octo-repo-74:ref:refs/heads/main' }, '.sub'],
  ['github-actions', { sub: ['repo:o@6/r@7:ref:x', 'repo:o/r:ref:x'] }, '.sub'],
  ['github-actions', { repository_id: 74 }, '.repository_id'],
  ['github-actions', { repository_id: ['74', 75] }, '.repository_id'],
  ['github-actions', { repository_owner_id: '65', event_name: { like: 'p*' } }, '.event_name'],
  ['gitlab', { project_path: 'shop/api' }, ''],
  ['gitlab', { sub: 'project_path:shop/api:ref_type:branch:ref:main' }, ''],
  ['gitlab', { project_id: 22 }, '.project_id'],
  ['gitlab', { project_id: '22', ref_protected: true }, '.ref_protected'],
  ['gitlab', { project_path: { like: 'shop/*' } }, '.project_path'],
  ['buildkite', { pipeline_slug: 'shop' }, ''],
  ['buildkite', { organization_slug: 'acme', pipeline_slug: 'shop', build_branch: { like: 'r*' } }, '.build_branch'],
  ['circleci', { 'oidc.circleci.com/vcs-ref': 'refs/heads/main' }, ''],
  ['circleci', { sub: { like: 'org/o/project/*' } }, '.sub'],
  ['kubernetes', { 'kubernetes.io.serviceaccount.name': 'api' }, ''],
  ['kubernetes', { sub: { like: 'system:serviceaccount:*:api' } }, '.sub'],
  ['spiffe', { sub: { like: 'spiffe://shop.example*' } }, '.sub'],
  ['spiffe', { sub: { like: 'spiffe://*' } }, '.sub'],
  ['spiffe', { sub: 'spiffe://shop.example/' }, '.sub'],
  ['spiffe', { aud: 'x', team: 'payments' }, '.sub'],
  ['google', { email: 'ci@example.com', email_verified: true }, ''],
  ['google', { azp: 'client' }, ''],
  ['google', { sub: '117', email: 'ci@example.com' }, '.email'],
  ['google', { sub: '117', email: 'ci@example.com', email_verified: 'true' }, '.email'],
  ['google', { sub: '117', hd: 'example.com' }, '.hd'],
  ['azure', { appid: 'app' }, ''],
  ['azure', { appid: 'app', idtyp: ['app', 'user'] }, '.idtyp'],
  ['azure', { oid: tenant, upn: 'dana@example.com' }, '.upn'],
  ['azure', { oid: tenant, email: 'dana@example.com' }, '.email'],
  ['aws', { [`${sts}.request_tags.team`]: 'x', sub: 'arn' }, `.${sts}.request_tags.team`],
  ['aws', { sub: { like: 'arn:aws:iam::*:role/Deploy' } }, '.sub'],
  [undefined, { team: { like: '*' } }, '.team'],
  [undefined, { team: { like: '***' } }, '.team'],
  [undefined, { iss: 'https://issuer.example', aud: 'x' }, ''],
  [undefined, { email: 'ci@example.com' }, '.email'],
])('ID-09: %s: %j may not be declared', (preset, claims, path) => {
  expect(faults(preset, claims)).toContain(`match.0.claims${path}`);
});

test('ID-09: tokens of jobs and workloads never prove a person', () => {
  const rules: [string, Record<string, ClaimRule>][] = [
    ['github-actions', { repository_id: '74' }],
    ['gitlab', { project_id: '22' }],
    ['buildkite', { pipeline_id: 'x' }],
    ['circleci', { 'oidc.circleci.com/project-id': 'x' }],
    ['kubernetes', { 'kubernetes.io.namespace': 'shop' }],
    ['spiffe', { sub: 'spiffe://shop.example/api' }],
    ['aws', { sub: 'arn' }],
  ];
  for (const [preset, claims] of rules) expect(faults(preset, claims, 'User')).toEqual(['match.0.principal']);
  expect(faults('google', { hd: 'example.com', email_verified: true }, 'User')).toEqual([]);
  expect(faults('azure', { tid: tenant }, 'User')).toEqual([]);
  expect(faults(undefined, { team: 'payments' }, 'User')).toEqual([]);
});

test.each(['common', 'organizations', 'consumers', '{tenantid}', '*', ''])(
  'ID-04: an Entra issuer of "%s" may not be declared',
  (segment) => {
    const issuer = `https://login.microsoftonline.com/${segment}/v2.0`;
    expect(faults('azure', { oid: tenant }, 'User', issuer)).toEqual(['issuer']);
  },
);

test('each fault says where it is', () => {
  const match: MatchRule[] = [
    { claims: { sub: 'spiffe://shop.example/api' }, principal: 'ServiceAccount::ci' },
    { claims: { team: 'x' }, principal: 'User' },
  ];
  const spec = {
    issuer: 'https://spire.example',
    audience: ['a'],
    preset: 'spiffe',
    algorithms: ['ES256', 'EdDSA'],
    match,
  };
  expect(checkIssuerRules(spec)).toEqual([
    { path: 'algorithms', reason: 'EdDSA is never used by these' },
    { path: 'match.1.claims.sub', reason: expect.stringContaining('SPIFFE IDs') },
    { path: 'match.1.principal', reason: expect.stringContaining('ServiceAccount') },
  ]);
  expect(checkIssuerRules({ ...spec, preset: 'unheard-of' })).toEqual([{ path: 'preset', reason: 'is not known' }]);
});
