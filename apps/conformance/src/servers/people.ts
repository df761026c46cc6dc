import type { DevIssuer } from '@sallyport/dev-issuer';
import { startDevIssuer, type DevUser } from '@sallyport/dev-issuer';
import type { Installation } from '@sallyport/testing';
import { approveDevice, signIn, type Tokens } from '../clients/sign-in.js';

/** Who can sign in. Dana asks for things, Riley may approve them, Robin is a second identity of nobody else. */
const people: readonly DevUser[] = [
  { sub: 'dana-1', name: 'Dana', email: 'dana@example.com', groups: ['engineers'] },
  { sub: 'riley-2', name: 'Riley', email: 'riley@example.com', groups: ['dba'] },
  { sub: 'robin-3', name: 'Robin', groups: ['engineers'] },
];

/** What a job of the trusted repository says, in the shape of GitHub Actions. */
export const workload = {
  aud: 'sallyport',
  sub: 'repo:octo-org/octo-repo:ref:refs/heads/main',
  repository: 'octo-org/octo-repo',
  repository_id: '123',
  repository_owner: 'octo-org',
  repository_owner_id: '45',
  ref: 'refs/heads/main',
  event_name: 'push',
} as const;

/** Whichever resources it has. */
interface WithInstallation {
  readonly stack: Pick<Installation, 'api' | 'ca'>;
}

/** An identity provider and trusted issuer, with the people and rules that the scenarios need. */
export class People {
  #issuer: DevIssuer | undefined;

  constructor(private readonly under: WithInstallation) {
    beforeAll(async () => {
      const { api } = under.stack;
      const redirectUris = [`${api.url}/auth/callback`];
      this.#issuer = await startDevIssuer({ users: people, clients: [{ id: 'sallyport', redirectUris }] });
      await api.expect('PUT', '/v1/manifests', manifests(this.issuer.issuer));
    }, 60_000);
    afterAll(() => this.#issuer?.close());
  }

  get issuer(): DevIssuer {
    if (!this.#issuer) throw new Error('the issuer did not start');
    return this.#issuer;
  }

  /** From the next sign-in on the person has these groups at the provider. */
  setGroups(sub: string, groups: readonly string[]): void {
    this.issuer.setUsers(people.map((person) => (person.sub === sub ? { ...person, groups } : person)));
  }

  signIn(sub: string): Promise<Tokens> {
    return signIn(this.under.stack.api, this.under.stack.ca, sub);
  }

  approveDevice(address: string, sub: string): Promise<void> {
    return approveDevice(this.under.stack.ca, address, sub);
  }

  workloadToken(claims: Readonly<Record<string, string>> = {}): Promise<string> {
    return this.issuer.issueToken({ ...workload, ...claims });
  }
}

function manifests(issuer: string): string {
  const documents = [
    { kind: 'IdentityProvider', name: 'corp', spec: { protocol: 'oidc', issuer, clientId: 'sallyport' } },
    { kind: 'User', name: 'dana', spec: { identities: [{ issuer: 'corp', subject: 'dana-1' }] } },
    { kind: 'User', name: 'riley', spec: { identities: [{ issuer: 'corp', subject: 'riley-2' }] } },
    { kind: 'Group', name: 'engineers', spec: { claims: [{ issuer: 'corp', claim: 'groups', equals: 'engineers' }] } },
    { kind: 'Group', name: 'people-dba', spec: { claims: [{ issuer: 'corp', claim: 'groups', equals: 'dba' }] } },
    { kind: 'ServiceAccount', name: 'pipeline', spec: { groups: ['ci'], owner: 'riley' } },
    { kind: 'ServiceAccount', name: 'bot', spec: { groups: ['ci'], owner: 'riley' } },
    { kind: 'ServiceAccount', name: 'danas-script', spec: { groups: ['people-dba'], owner: 'dana' } },
    {
      kind: 'TrustedIssuer',
      name: 'github',
      spec: {
        issuer,
        audience: 'sallyport',
        preset: 'github-actions',
        match: [
          {
            claims: { repository_id: '123', repository_owner_id: '45', ref: 'refs/heads/main' },
            principal: 'ServiceAccount::pipeline',
          },
        ],
      },
    },
    {
      kind: 'Role',
      name: 'orders-writer',
      spec: { request: { requesters: ['engineers'], approvers: ['people-dba'], maxSeconds: 600, resources: ['shop'] } },
    },
    {
      kind: 'Policy',
      name: 'people',
      spec: {
        cedar: `permit (principal in Group::"engineers", action in [Action::"connect", Action::"select"], resource in Resource::"shop")
            unless { resource in Schema::"shop/secret" };
          permit (principal in Role::"orders-writer", action in [Action::"connect", Action::"read", Action::"write"], resource in Resource::"shop");
          permit (principal in Group::"people-dba", action == Action::"connect", resource in Resource::"shop");`,
      },
    },
  ];
  return documents.map((document) => JSON.stringify(document)).join('\n---\n');
}
