import type { DevUser } from '@sallyport/dev-issuer';

/** Who can sign in at the demo's issuer. */
export const demoPeople: readonly DevUser[] = [
  { sub: 'dana', name: 'Dana', email: 'dana@example.com', groups: ['engineers'] },
  { sub: 'riley', name: 'Riley', email: 'riley@example.com', groups: ['dba'] },
];

/** What the demo's workload tokens must say, as GitHub Actions says it. */
export const demoWorkload = {
  aud: 'sallyport',
  sub: 'repo:shop/api:ref:refs/heads/main',
  repository: 'shop/api',
  repository_id: '1001',
  repository_owner: 'shop',
  repository_owner_id: '2002',
  ref: 'refs/heads/main',
  event_name: 'push',
} as const;

/** Who is believed, and where. Applied again when the issuer's port moved. */
export function demoIssuerManifests(issuer: string): string {
  const { aud, repository_id, repository_owner_id, ref } = demoWorkload;
  return `# Applied by \`sallyport up --demo\`, and again when its ports move.
kind: IdentityProvider
name: dev
spec: {protocol: oidc, issuer: "${issuer}", clientId: sallyport, scopes: [openid, profile, email]}
---
kind: TrustedIssuer
name: github
spec:
  issuer: "${issuer}"
  audience: ${aud}
  preset: github-actions
  match:
    - claims: {repository_id: "${repository_id}", repository_owner_id: "${repository_owner_id}", ref: ${ref}}
      principal: ServiceAccount::pipeline
`;
}

/** People, what they may ask for, and a pipeline that comes with a token of its own. */
export function demoPeopleManifests(): string {
  return `# Applied once by \`sallyport up --demo\`. Change it and run \`sallyport apply -f\` on it.
kind: User
name: dana
spec: {identities: [{issuer: dev, subject: dana}], email: dana@example.com, displayName: Dana}
---
kind: User
name: riley
spec: {identities: [{issuer: dev, subject: riley}], email: riley@example.com, displayName: Riley}
---
kind: Group
name: engineers
spec: {claims: [{issuer: dev, claim: groups, equals: engineers}]}
---
kind: Role
name: shop-operator
spec:
  description: change orders, for as long as a task takes
  request: {requesters: [engineers], approvers: [dba], maxSeconds: 3600, resources: [shop]}
---
kind: ServiceAccount
name: pipeline
spec: {groups: [ci], owner: riley}
---
kind: Policy
name: people-on-shop
spec:
  cedar: |
    // Nobody has this role for good: it is asked for, with a reason and for a time.
    permit (
      principal in Role::"shop-operator",
      action in [Action::"connect", Action::"read", Action::"write"],
      resource in Resource::"shop"
    );
---
kind: Policy
name: pipeline-registers-accounts
spec:
  cedar: |
    // A pipeline may register accounts for its jobs, within these bounds and nothing else.
    permit (
      principal == ServiceAccount::"pipeline",
      action == Api::Action::"create",
      resource == Api::Collection::"service-accounts"
    ) when {
      context has object && context.object has groups && context.object has lifetimeSeconds &&
      context.object.name like "ci-*" && ["ci"].containsAll(context.object.groups) &&
      context.object.lifetimeSeconds <= 3600
    };
`;
}
