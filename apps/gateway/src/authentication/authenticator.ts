import { createHash } from 'node:crypto';
import type { Authenticated, PublicKey } from '@sallyport/enforcement';
import type { Logger } from '../logger.js';
import type { PolicyCache } from '../policy/policy-cache.js';
import type { Revision } from '../policy/revision.js';
import type { Evidence } from './evidence.js';
import { NextRevision } from './next-revision.js';
import { prove, type Proof, type ProofRefusal } from './prove.js';
import { RefusalLog, type Refusal } from './refusal-log.js';
import { evidenceOf } from './token-evidence.js';
import { unverifiedIssuer } from './unverified-issuer.js';

/** Longer ones are not looked at. Characters. */
const maxCredentialLength = 16 * 1024;
/** What the newest revision may not know yet, when a token of ours was made this shortly ago. Milliseconds. */
const newsTravelsFor = 2000;
const justIssuedWithin = 15_000;
const notKnownYet: readonly ProofRefusal[] = ['unknown-login', 'unknown-key', 'unknown-user', 'unknown-account'];

type Shown =
  | { readonly evidence: Evidence; readonly kind: Refusal['kind']; /** Milliseconds. */ readonly issuedAt?: number }
  | Refusal;

/**
 * Who a credential proves, from the signed snapshot alone: a service-account key by its hash, an access token by the
 * control plane's keys, a trusted issuer's token by that issuer's, an SSH key by being registered. A token is as good as what
 * is behind it.
 */
export class Authenticator {
  readonly #evidence = new WeakMap<Authenticated, Evidence>();
  readonly #next: NextRevision;
  readonly #refusals: RefusalLog;

  constructor(
    private readonly policies: PolicyCache,
    log: Logger,
    private readonly clock: () => number = Date.now,
  ) {
    this.#next = new NextRevision(policies);
    this.#refusals = new RefusalLog(log);
  }

  /** Undefined: it proves nobody. Never rejects. */
  authenticate(credential: string): Promise<Authenticated | undefined> {
    return this.#answer((revision) =>
      credential.length > maxCredentialLength
        ? { reason: 'too-large', kind: 'unknown' }
        : this.#read(revision, credential),
    );
  }

  /** The same for a key with which the client has signed. */
  authenticateKey(key: PublicKey): Promise<Authenticated | undefined> {
    return this.#answer((revision) => this.#readSshKey(revision, key));
  }

  async #answer(read: (revision: Revision) => Shown | Promise<Shown>): Promise<Authenticated | undefined> {
    try {
      const outcome = await this.#authenticate(read);
      if (!('reason' in outcome)) return outcome;
      this.#refusals.refused(outcome);
    } catch {
      this.#refusals.refused({ reason: 'internal', kind: 'unknown' });
    }
    return undefined;
  }

  /** What this very answer of `authenticate` rests on; undefined for anything made elsewhere. */
  evidenceOf(authenticated: Authenticated): Evidence | undefined {
    return this.#evidence.get(authenticated);
  }

  async #authenticate(read: (revision: Revision) => Shown | Promise<Shown>): Promise<Authenticated | Refusal> {
    const revision = this.policies.current;
    if (!revision) return { reason: 'policy-stale', kind: 'unknown' };
    const shown = await read(revision);
    if ('reason' in shown) return shown;
    const { evidence, kind, issuedAt = -Infinity } = shown;
    const proof = await this.#prove(evidence, issuedAt);
    if (!proof.ok) return { reason: proof.reason, kind, credentialId: evidence.credentialId };
    const authenticated = { principal: proof.principal, credentialId: evidence.credentialId };
    this.#evidence.set(authenticated, evidence);
    return authenticated;
  }

  async #read(revision: Revision, credential: string): Promise<Shown> {
    if (credential.startsWith('sp_')) return this.#readKey(revision, credential);
    return unverifiedIssuer(credential) === revision.tokens.issuer
      ? this.#readAccessToken(revision, credential)
      : this.#readIssuerToken(revision, credential);
  }

  /** Found by its SHA-256: what a comparison's timing could tell is about a hash nobody can steer, not about the key. */
  #readKey(revision: Revision, credential: string): Shown {
    const key = revision.directory.keyByHash(sha256(credential));
    if (!key) return { reason: 'unknown-key', kind: 'key' };
    const subject = { kind: 'key', keyId: key.id, account: key.account } as const;
    return { evidence: { credentialId: key.id, subject, shownAt: this.clock() }, kind: 'key' };
  }

  #readSshKey(revision: Revision, { blob, fingerprint }: PublicKey): Shown {
    const key = blob.toString('base64');
    const holder = revision.directory.sshKeyHolder(key);
    if (!holder) return { reason: 'unknown-ssh-key', kind: 'ssh-key' };
    const subject = { kind: 'sshKey', key, ref: `${holder.kind}::${holder.name}` } as const;
    return { evidence: { credentialId: `ssh:${fingerprint}`, subject, shownAt: this.clock() }, kind: 'ssh-key' };
  }

  async #readAccessToken(revision: Revision, token: string): Promise<Shown> {
    const now = this.clock();
    const outcome = revision.tokens.verify(token, now);
    if (!outcome.ok) return { reason: outcome.reason, kind: 'access-token' };
    const evidence = evidenceOf(outcome.claims, now);
    if (!evidence) return { reason: 'token-claims', kind: 'access-token', credentialId: outcome.claims.cid };
    return { evidence, kind: 'access-token', issuedAt: outcome.claims.iat * 1000 };
  }

  #readIssuerToken(revision: Revision, token: string): Shown {
    const outcome = revision.issuers.verify(token);
    if (!outcome.ok) {
      const { reason, issuer } = outcome;
      return { reason, kind: 'issuer-token', ...(issuer !== undefined && { issuer }) };
    }
    const { issuer, subject, claims, principal } = outcome;
    const credentialId = `issuer:${issuer}:${sha256(token).slice(0, 16)}`;
    const name = principal.kind === 'User' ? revision.directory.userKnownAs(issuer, subject)?.name : principal.name;
    if (name === undefined) return { reason: 'unknown-user', kind: 'issuer-token', issuer, credentialId };
    const evidence = { kind: 'issuer', issuer, subject, claims, ref: `${principal.kind}::${name}` } as const;
    return { evidence: { credentialId, subject: evidence, shownAt: this.clock() }, kind: 'issuer-token' };
  }

  /** Under the newest revision there is by now; one more is waited for where the token can be faster than the news. */
  async #prove(evidence: Evidence, issuedAt: number): Promise<Proof> {
    const deadline = performance.now() + newsTravelsFor;
    for (;;) {
      const revision = this.policies.current;
      if (!revision) return { ok: false, reason: 'policy-stale' };
      const now = this.clock();
      const proof = prove(revision, evidence, { now });
      if (proof.ok || !notKnownYet.includes(proof.reason) || now - issuedAt > justIssuedWithin) return proof;
      if (!(await this.#next.wait(deadline - performance.now()))) return proof;
    }
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
