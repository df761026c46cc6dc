import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import type { PublicKey } from '@sallyport/enforcement';
import type { PolicySnapshot } from '@sallyport/gateway-contract';
import { SignJWT } from 'jose';
import { sha256 } from './testing-control-plane.js';

/** For tests: a small organisation as a snapshot tells of it, and the tokens its people and machines come with. */
export const loginId = '5f0c6a8e-7a4b-4a53-9a0e-0c5b1de4a001';
export const issuerUrl = 'https://idp.example.test';

/** Registered to bob and to `ci`, by comment. */
export const sshKeysOf = { bob: publicKey('bob'), ci: publicKey('ci') } as const;

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const inAnHour = (): string => inMilliseconds(3_600_000);

export function inMilliseconds(milliseconds: number): string {
  return new Date(Date.now() + milliseconds).toISOString();
}

type Parts = Pick<
  PolicySnapshot,
  'serviceAccounts' | 'users' | 'groups' | 'claimGroups' | 'roles' | 'grants' | 'trustedIssuers' | 'revokedTokens'
>;

/** Alice is signed in; bob is not. `helper` is an agent, `ci` a pipeline. `corp` says who they are. */
export function organisation(): Parts {
  const account = (name: string) => ({
    name,
    owner: 'alice',
    disabled: false,
    expiresAt: null,
    keys: [{ id: `${name}-key`, hash: sha256(`sp_${name}`), expiresAt: null }],
  });
  const user = (name: string) => ({
    name,
    disabled: false,
    identities: [{ issuer: 'corp', subject: `${name}-at-corp` }],
    logins: [],
  });
  return {
    serviceAccounts: [{ ...account('ci'), sshKeys: [lineOf(sshKeysOf.ci)] }, account('helper')],
    users: [
      { ...user('alice'), logins: [{ id: loginId, expiresAt: inAnHour(), groups: ['engineers'] }] },
      { ...user('bob'), sshKeys: [lineOf(sshKeysOf.bob)] },
    ],
    groups: [
      { name: 'staff', members: ['User::alice', 'User::bob', 'Group::engineers'] },
      { name: 'bots', members: ['ServiceAccount::helper'] },
      { name: 'assistants', members: ['Agent::helper'] },
      { name: 'engineers', members: [] },
    ],
    claimGroups: [{ group: 'engineers', issuer: 'corp', claim: 'groups', equals: 'eng' }],
    roles: [
      { name: 'reader', members: ['Group::staff'] },
      { name: 'writer', members: [] },
    ],
    grants: [],
    trustedIssuers: [
      {
        name: 'corp',
        issuer: issuerUrl,
        audience: ['sallyport'],
        algorithms: ['ES256'],
        match: [
          { claims: { kind: 'person' }, principal: 'User' },
          { claims: { kind: 'pipeline', project: 'shop' }, principal: 'ServiceAccount::ci' },
        ],
        sessionSeconds: 3600,
        jwks: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'corp-1', alg: 'ES256', use: 'sig' }],
        keysValidUntil: inAnHour(),
      },
    ],
    revokedTokens: [],
  };
}

/** As a snapshot has it. */
export function lineOf({ algorithm, blob }: PublicKey): string {
  return `${algorithm} ${blob.toString('base64')}`;
}

/** An Ed25519 public key as SSH writes it (RFC 8709 §4), the same one for the same seed. */
export function publicKey(seed: string): PublicKey {
  const algorithm = 'ssh-ed25519';
  const fields = [Buffer.from(algorithm), createHash('sha256').update(seed).digest()];
  const blob = Buffer.concat(fields.flatMap((field) => [Buffer.from([0, 0, 0, field.length]), field]));
  const digest = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
  return { algorithm, blob, fingerprint: `SHA256:${digest}` };
}

export const personClaims = { sub: 'alice-at-corp', kind: 'person', groups: ['eng', 'other'] };
export const pipelineClaims = { sub: 'pipeline-7', kind: 'pipeline', project: 'shop' };

/** A token as the issuer `corp` makes them; `change` makes it another one. */
export function issuerToken(claims: Record<string, unknown>, change: { readonly kid?: string } = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iss: issuerUrl, aud: 'sallyport', iat: now, exp: now + 600, jti: randomUUID(), ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: change.kid ?? 'corp-1' })
    .sign(keys.privateKey);
}

/** Claims of the control plane's own tokens. */
export const loginClaims = { sub: 'User::alice', cid: `login:${loginId}` };
export const agentClaims = { ...loginClaims, act: { sub: 'ServiceAccount::helper', cid: 'helper-key' } };
export const exchangeClaims = {
  sub: 'User::bob',
  cid: 'exchange:8c1d2ce4-3f2e-4a34-8a55-0fd1a9c2b001',
  fed: { iss: 'corp', sub: 'bob-at-corp', groups: ['engineers'] },
};
