import type { ClaimRule, IssuerConfig } from '../issuer-config.js';
import { ecKey, goodClaims, makeToken, settings, testTime, type Json } from '../testing/issuer-fixture.js';
import { TrustedIssuers } from '../trusted-issuers.js';
import { defaultAlgorithms } from './presets.js';

const key = ecKey('one', 'P-256');
const tenant = '11111111-2222-3333-4444-555555555555';

interface Sample {
  readonly preset: string;
  readonly issuer: string;
  readonly claims: Json;
  readonly rule: Record<string, ClaimRule>;
}

const github: Sample = {
  preset: 'github-actions',
  issuer: 'https://token.actions.githubusercontent.com',
  claims: {
    sub: 'repo:octo-org/octo-repo:environment:prod',
    repository: 'octo-org/octo-repo',
    repository_id: '74',
    repository_owner: 'octo-org',
    repository_owner_id: '65',
    ref: 'refs/heads/main',
    environment: 'prod',
    event_name: 'push',
    job_workflow_ref: 'octo-org/octo-automation/.github/workflows/deploy.yml@refs/heads/main',
  },
  rule: { repository_id: '74', repository_owner_id: '65', ref: 'refs/heads/main', environment: 'prod' },
};
const gitlab: Sample = {
  preset: 'gitlab',
  issuer: 'https://gitlab.example',
  claims: {
    sub: 'project_path:shop/api:ref_type:branch:ref:main',
    project_id: '22',
    namespace_id: '72',
    project_path: 'shop/api',
    ref: 'main',
    ref_protected: 'true',
    pipeline_source: 'push',
  },
  rule: { project_id: '22', ref_protected: 'true' },
};
const buildkite: Sample = {
  preset: 'buildkite',
  issuer: 'https://agent.buildkite.com',
  claims: {
    sub: 'organization:acme:pipeline:shop:ref:refs/heads/main:commit:abc:step:deploy',
    organization_slug: 'acme',
    pipeline_slug: 'shop',
    organization_id: tenant,
    build_branch: 'main',
  },
  rule: { organization_id: tenant, pipeline_slug: 'shop', build_branch: { like: 'ma*' } },
};
const circleci: Sample = {
  preset: 'circleci',
  issuer: 'https://oidc.circleci.com/org/org-id',
  claims: {
    sub: 'org/org-id/project/project-id/user/user-id',
    'oidc.circleci.com/project-id': 'project-id',
    'oidc.circleci.com/ssh-rerun': false,
  },
  rule: { 'oidc.circleci.com/project-id': 'project-id' },
};
const pod = { namespace: 'shop', serviceaccount: { name: 'api', uid: 'uid-1' } };
const kubernetes: Sample = {
  preset: 'kubernetes',
  issuer: 'https://kubernetes.default.svc',
  claims: { sub: 'system:serviceaccount:shop:api', 'kubernetes.io': pod },
  rule: { 'kubernetes.io.namespace': 'shop', 'kubernetes.io.serviceaccount.name': 'api' },
};
const spiffe: Sample = {
  preset: 'spiffe',
  issuer: 'https://spire.example',
  claims: { sub: 'spiffe://shop.example/ns/prod/api' },
  rule: { sub: { like: 'spiffe://shop.example/ns/prod/*' } },
};
const google: Sample = {
  preset: 'google',
  issuer: 'https://accounts.google.com',
  claims: {
    sub: '117777777777777777777',
    azp: '117777777777777777777',
    email: 'ci@shop.iam.example',
    email_verified: true,
  },
  rule: { sub: '117777777777777777777' },
};
const azure: Sample = {
  preset: 'azure',
  issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
  claims: { sub: 'abc', oid: tenant.replace('1', '9'), tid: tenant, azp: 'app-id', idtyp: 'app' },
  rule: { azp: 'app-id', idtyp: 'app' },
};
const aws: Sample = {
  preset: 'aws',
  issuer: 'https://abc123.tokens.sts.global.api.aws',
  claims: {
    sub: 'arn:aws:iam::123456789012:role/Deploy',
    'https://sts.amazonaws.com/': {
      aws_account: '123456789012',
      principal_id: 'arn:aws:iam::123456789012:role/Deploy',
    },
  },
  rule: { sub: 'arn:aws:iam::123456789012:role/Deploy' },
};
const eks: Sample = { ...kubernetes, preset: 'aws', issuer: 'https://oidc.eks.eu-west-1.amazonaws.com/id/1' };

const samples = { github, gitlab, buildkite, circleci, kubernetes, spiffe, google, azure, aws, eks };

function outcome(sample: Sample, changes: Json = {}, config: Partial<IssuerConfig> = {}, header: Json = {}): string {
  const { preset, issuer, rule } = sample;
  const match = [{ claims: rule, principal: 'ServiceAccount::ci' }];
  const configured = settings({ preset, issuer, algorithms: ['ES256'], match, jwks: [key.jwk], ...config });
  const claims = goodClaims({ iss: issuer, team: undefined, ...sample.claims, ...changes });
  const issuers = new TrustedIssuers([configured], { now: () => testTime * 1000 });
  const verified = issuers.verify(makeToken({ alg: 'ES256', kid: 'one', ...header }, claims, key.privateKey));
  return verified.ok ? 'ok' : verified.reason;
}
const withRule = (sample: Sample, rule: Record<string, ClaimRule>): Sample => ({ ...sample, rule });

/** Presets whose tokens also are genuine for this one. */
const alike: Record<string, readonly string[]> = {
  kubernetes: ['eks'],
  eks: ['kubernetes', 'aws'],
  aws: ['kubernetes', 'eks'],
};

test.each(Object.entries(samples))(
  'ID-09: a token of %s passes, and none of another kind of issuer',
  (name, sample) => {
    expect(outcome(sample)).toBe('ok');
    expect(outcome(sample, {}, {}, { typ: 'JWT' })).toBe('ok');
    const without = Object.fromEntries(Object.keys(sample.claims).map((claim) => [claim, undefined]));
    for (const [other, { claims }] of Object.entries(samples)) {
      if (other === name || alike[name]?.includes(other)) continue;
      expect([other, outcome(sample, { ...without, ...claims })]).toEqual([other, 'preset']);
    }
  },
);

test.each(Object.entries(samples))(
  'ID-05: access tokens for APIs pass as %s only where such are made',
  (name, sample) => {
    expect(outcome(sample, {}, {}, { typ: 'at+jwt' })).toBe(name === 'azure' ? 'ok' : 'type');
    expect(outcome(sample, {}, {}, { typ: 'JOSE' })).toBe(name === 'spiffe' ? 'ok' : 'type');
  },
);

test('SPIFFE: keys as trust bundles mark them, algorithms of the standard alone', () => {
  expect(outcome(spiffe, {}, { jwks: [{ ...key.jwk, use: 'jwt-svid' }] })).toBe('ok');
  expect(outcome(spiffe, {}, { jwks: [{ ...key.jwk, use: 'x509-svid' }] })).toBe('key-unfit');
  expect(outcome(github, {}, { jwks: [{ ...key.jwk, use: 'jwt-svid' }] })).toBe('key-unfit');
  expect(outcome(spiffe, {}, { algorithms: ['ES256', 'EdDSA'] })).toBe('issuer-settings');
});

test.each<[string, Sample, Json, string]>([
  ['github: ids are needed', github, { repository_owner_id: undefined }, 'preset'],
  ['github: ids are text', github, { repository_id: 74 }, 'preset'],
  ['github: an event is needed', github, { event_name: undefined }, 'preset'],
  ['github: another repository', github, { repository_id: '75' }, 'no-rule'],
  ['github: another owner of the same repository', github, { repository_owner_id: '66' }, 'no-rule'],
  ['github: another branch', github, { ref: 'refs/heads/main2' }, 'no-rule'],
  ['github: an environment with a colon', github, { environment: 'prod:x' }, 'no-rule'],
  ['github: a subject with ids', github, { sub: 'repo:octo-org@65/octo-repo@74:ref:refs/heads/main' }, 'ok'],
  ['github: ids in the subject that are others', github, { sub: 'repo:octo-org@65/octo-repo@75:ref:x' }, 'preset'],
  ['github: another owner in the subject', github, { sub: 'repo:octo-org@66/octo-repo@74:ref:x' }, 'preset'],
  ['github: a subject by template', github, { sub: 'repository_owner:octo-org:environment:prod' }, 'ok'],
  ...['pull_request', 'pull_request_target', 'workflow_run', 'issue_comment'].map(
    (event_name): [string, Sample, Json, string] => [`github: ${event_name}`, github, { event_name }, 'no-rule'],
  ),
  ['gitlab: another project', gitlab, { project_id: '23' }, 'no-rule'],
  ['gitlab: ids are text', gitlab, { project_id: 22 }, 'preset'],
  ['gitlab: an unprotected branch', gitlab, { ref_protected: 'false' }, 'no-rule'],
  ['gitlab: protected as a truth value', gitlab, { ref_protected: true }, 'no-rule'],
  ['gitlab: a merge request', gitlab, { pipeline_source: 'merge_request_event' }, 'no-rule'],
  ['gitlab: the source is needed', gitlab, { pipeline_source: undefined }, 'preset'],
  ['buildkite: a subject of another pipeline', buildkite, { pipeline_slug: 'shop2' }, 'preset'],
  ['buildkite: another organisation', buildkite, { organization_id: 'other' }, 'no-rule'],
  ['circleci: a subject of another organisation', circleci, { sub: 'org/other/project/project-id/user/u' }, 'preset'],
  ['circleci: a subject of another project', circleci, { sub: 'org/org-id/project/other/user/u' }, 'preset'],
  ['circleci: a shell in the job', circleci, { 'oidc.circleci.com/ssh-rerun': true }, 'no-rule'],
  ['kubernetes: a subject of another account', kubernetes, { sub: 'system:serviceaccount:shop:other' }, 'preset'],
  [
    'kubernetes: another namespace',
    kubernetes,
    { sub: 'system:serviceaccount:dev:api', 'kubernetes.io': { ...pod, namespace: 'dev' } },
    'no-rule',
  ],
  ['kubernetes: a token from a Secret', kubernetes, { exp: undefined }, 'claims'],
  [
    'kubernetes: claims of a token from a Secret',
    kubernetes,
    { 'kubernetes.io': undefined, 'kubernetes.io/serviceaccount/namespace': 'shop' },
    'preset',
  ],
  ...[
    'spiffe://shop.example/ns/prod/',
    'spiffe://shop.example/ns/prod/../dev/api',
    'spiffe://shop.example/ns/prod//api',
    'spiffe://shop.example:80/ns/prod/api',
    'spiffe://user@shop.example/ns/prod/api',
    'spiffe://shop.example/ns/prod/api?x=1',
    'spiffe://shop.example/ns/prod/a%2fb',
    'spiffe://SHOP.example/ns/prod/api',
    'spiffe://shop.example',
    'https://shop.example/ns/prod/api',
  ].map((sub): [string, Sample, Json, string] => [`spiffe: ${sub}`, spiffe, { sub }, 'preset']),
  ['spiffe: another trust domain', spiffe, { sub: 'spiffe://shop.example.evil/ns/prod/api' }, 'no-rule'],
  ['google: an address as subject', google, { sub: 'ci@shop.iam.example' }, 'preset'],
  ['google: another account', google, { sub: '118' }, 'no-rule'],
  ['azure: another tenant', azure, { tid: tenant.replace('1', '2') }, 'preset'],
  ['azure: no object', azure, { oid: undefined }, 'preset'],
  ['azure: a person who signed in through the application', azure, { idtyp: 'user' }, 'no-rule'],
  ['azure: kind unsaid', azure, { idtyp: undefined }, 'no-rule'],
  ['aws: the account of another', aws, { 'https://sts.amazonaws.com/': { aws_account: '999999999999' } }, 'preset'],
  ['aws: no account', aws, { 'https://sts.amazonaws.com/': undefined }, 'preset'],
  ['aws: another role', aws, { sub: 'arn:aws:iam::123456789012:role/Other' }, 'no-rule'],
])('ID-09: %s', (_, sample, changes, expected) => {
  expect(outcome(sample, changes)).toBe(expected);
});

test('ID-09: a rule that names the event accepts it', () => {
  const rule = { ...github.rule, event_name: ['push', 'pull_request'] };
  expect(outcome(withRule(github, rule), { event_name: 'pull_request' })).toBe('ok');
  expect(outcome(withRule(github, rule), { event_name: 'pull_request_target' })).toBe('no-rule');
});

test('ID-10: Entra groups kept elsewhere count as absent', () => {
  const rule = { ...azure.rule, groups: { like: 'g*' } };
  const scalarRule = { ...azure.rule, wids: 'role-1' };
  expect(outcome(withRule(azure, scalarRule), { wids: 'role-1' })).toBe('ok');
  expect(outcome(withRule(azure, scalarRule), { wids: 'role-1', _claim_names: { wids: 'src1' } })).toBe('no-rule');
  expect(outcome(withRule(azure, rule), { groups: 'g1' })).toBe('no-rule');
});

test('ID-04: an Entra issuer for everybody counts for nothing', () => {
  const issuer = 'https://login.microsoftonline.com/common/v2.0';
  expect(outcome({ ...azure, issuer })).toBe('issuer-settings');
});

test('ID-09: a stored rule that would be refused today fits nothing', () => {
  const open = withRule(github, { sub: { like: 'repo:octo-org/*' } });
  expect(outcome(open)).toBe('no-rule');
  expect(outcome(withRule(github, { ref: 'refs/heads/main' }))).toBe('no-rule');
  expect(outcome(github, {}, { match: [{ claims: github.rule, principal: 'User' }] })).toBe('no-rule');
});

test('an unknown preset is not the same as none', () => {
  expect(outcome({ ...github, preset: 'github' })).toBe('issuer-settings');
  expect(defaultAlgorithms('github')).toEqual([]);
});

test('defaults are what the issuers sign with', () => {
  expect(defaultAlgorithms(undefined)).toEqual(['RS256', 'ES256']);
  expect(defaultAlgorithms('github-actions')).toEqual(['RS256']);
  expect(defaultAlgorithms('spiffe')).toEqual(['RS256', 'ES256', 'ES384']);
  expect(defaultAlgorithms('aws')).toEqual(['RS256', 'ES384']);
});
