import { principalRef, type Principal, type PrincipalType } from '@sallyport/domain';
import { claimGroups } from '@sallyport/identity';
import type { Directory } from '../policy/directory.js';
import type { Revision } from '../policy/revision.js';
import type { ActorEvidence, Evidence, ExchangeEvidence, IssuerEvidence, SubjectEvidence } from './evidence.js';

/** Why evidence proves nobody; for the log, never for the client. */
export type ProofRefusal =
  | 'policy-stale'
  | 'unknown-key'
  | 'key-of-another'
  | 'key-expired'
  | 'unknown-ssh-key'
  | 'ssh-key-of-another'
  | 'unknown-account'
  | 'account-disabled'
  | 'account-expired'
  | 'unknown-login'
  | 'login-of-another'
  | 'login-expired'
  | 'unknown-user'
  | 'user-disabled'
  | 'identity-of-another'
  | 'actor-for-no-person'
  | 'unknown-issuer'
  | 'no-rule'
  | 'session-too-old'
  | 'token-revoked';

export type Proof =
  | {
      readonly ok: true;
      readonly principal: Principal;
      /** Nothing of it is relied on from then on without proving again. Milliseconds since the epoch. */
      readonly until: number;
    }
  | Refused;
interface Refused {
  readonly ok: false;
  readonly reason: ProofRefusal;
}

/** Somebody who stands under one revision. */
interface Standing {
  readonly ok: true;
  readonly type: 'User' | 'ServiceAccount';
  readonly name: string;
  readonly owner?: string;
  /** Groups by claims, besides the declared ones. */
  readonly byClaims: readonly string[];
  readonly until: number;
}

export interface ProofMoment {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Where roles may be granted for a while; without one, only standing roles. */
  readonly resource?: string;
}

/**
 * Whom the evidence proves under this revision at this moment: the one place where identity is decided, at login, under
 * every later revision, and whenever something that was relied on ends. Groups and roles are worked out anew each time.
 */
export function prove(revision: Revision, evidence: Evidence, moment: ProofMoment): Proof {
  const { directory } = revision;
  if (evidence.tokenId !== undefined && directory.isRevoked(evidence.tokenId)) return refused('token-revoked');
  const subject = proveSubject(revision, evidence, moment.now);
  if (!subject.ok) return subject;
  const person = principalOf(revision, subject.type, subject, moment);
  if (!evidence.actor) return person;
  // Only for a person can somebody act: an account's own credential is what it acts by.
  if (subject.type !== 'User') return refused('actor-for-no-person');
  const actor = proveActor(directory, evidence.actor.evidence, { now: moment.now, shownAt: evidence.shownAt });
  if (!actor.ok) return actor;
  const agent = principalOf(revision, 'Agent', actor, moment);
  return {
    ok: true,
    principal: { ...agent.principal, actsFor: person.principal },
    until: Math.min(agent.until, person.until),
  };
}

function proveSubject(revision: Revision, evidence: Evidence, now: number): Standing | Refused {
  const { directory } = revision;
  const { subject, shownAt } = evidence;
  switch (subject.kind) {
    case 'key':
      return proveKey(directory, subject, now);
    case 'sshKey':
      return proveSshKey(directory, subject, now);
    case 'login':
      return proveLogin(directory, subject, now);
    case 'issuer':
    case 'exchange':
      return proveFederated(revision, subject, { now, shownAt });
  }
}

function proveKey(
  directory: Directory,
  { keyId, account }: Extract<SubjectEvidence, { kind: 'key' }>,
  now: number,
): Standing | Refused {
  const key = directory.keyById(keyId);
  if (!key) return refused('unknown-key');
  if (key.account !== account) return refused('key-of-another');
  if (!(now < key.expiresAt)) return refused('key-expired');
  return standingAccount(directory, account, { now, until: key.expiresAt });
}

/** A person it proves is in the groups that are declared: there is no login whose claims could give others. */
function proveSshKey(
  directory: Directory,
  { key, ref }: Extract<SubjectEvidence, { kind: 'sshKey' }>,
  now: number,
): Standing | Refused {
  const holder = directory.sshKeyHolder(key);
  if (!holder) return refused('unknown-ssh-key');
  const { kind, name } = holder;
  if (`${kind}::${name}` !== ref) return refused('ssh-key-of-another');
  return kind === 'User'
    ? standingUser(directory, name, { until: Infinity, byClaims: [] })
    : standingAccount(directory, name, { now, until: Infinity });
}

function proveLogin(
  directory: Directory,
  { loginId, user }: Extract<SubjectEvidence, { kind: 'login' }>,
  now: number,
): Standing | Refused {
  const login = directory.login(loginId);
  if (!login) return refused('unknown-login');
  if (login.user !== user) return refused('login-of-another');
  if (!(now < login.expiresAt)) return refused('login-expired');
  return standingUser(directory, user, { until: login.expiresAt, byClaims: login.groups });
}

/** The token was verified once; whether its issuer and a rule for it stand is asked again each time. */
function proveFederated(
  revision: Revision,
  evidence: IssuerEvidence | ExchangeEvidence,
  { now, shownAt }: { readonly now: number; readonly shownAt: number },
): Standing | Refused {
  const { directory } = revision;
  const issuer = directory.issuer(evidence.issuer);
  if (!issuer) return refused('unknown-issuer');
  const until = shownAt + issuer.sessionSeconds * 1000;
  if (!(now < until)) return refused('session-too-old');
  if (!stillMatches(revision, evidence)) return refused('no-rule');
  const byClaims = federatedGroups(revision, evidence);
  if (evidence.ref.startsWith(accountPrefix)) {
    return standingAccount(directory, evidence.ref.slice(accountPrefix.length), { now, until, byClaims });
  }
  const user = directory.userKnownAs(evidence.issuer, evidence.subject);
  if (!user) return refused('unknown-user');
  if (`User::${user.name}` !== evidence.ref) return refused('identity-of-another');
  return standingUser(directory, user.name, { until, byClaims });
}

const accountPrefix = 'ServiceAccount::';

/** Claims are held against the rules again; where they stayed with the control plane, some rule must still name whom they gave. */
function stillMatches(revision: Revision, evidence: IssuerEvidence | ExchangeEvidence): boolean {
  const wanted = evidence.ref.startsWith(accountPrefix) ? evidence.ref : 'User';
  if (evidence.kind === 'issuer') {
    const principal = revision.issuers.rematch(evidence.issuer, evidence.claims)?.principal;
    if (!principal) return false;
    return wanted === (principal.kind === 'User' ? 'User' : `${accountPrefix}${principal.name}`);
  }
  return revision.directory.issuer(evidence.issuer)?.match.some(({ principal }) => principal === wanted) ?? false;
}

/** By the rules there are now: a group that no longer names the claim is lost, whatever an older token says. */
function federatedGroups(revision: Revision, evidence: IssuerEvidence | ExchangeEvidence): readonly string[] {
  const rules = revision.directory.claimGroupsOf(evidence.issuer);
  if (evidence.kind === 'issuer') return claimGroups(rules, evidence.issuer, evidence.claims);
  const named = new Set(rules.map(({ group }) => group));
  return evidence.groups.filter((group) => named.has(group));
}

function proveActor(
  directory: Directory,
  evidence: ActorEvidence,
  { now, shownAt }: { readonly now: number; readonly shownAt: number },
): Standing | Refused {
  if (evidence.kind === 'key') return proveKey(directory, evidence, now);
  const issuer = directory.issuer(evidence.issuer);
  if (!issuer) return refused('unknown-issuer');
  // The person may have signed in for all day: the agent's own token was for no longer than its issuer allows.
  const until = shownAt + issuer.sessionSeconds * 1000;
  if (!(now < until)) return refused('session-too-old');
  const ref = `${accountPrefix}${evidence.account}`;
  if (!issuer.match.some(({ principal }) => principal === ref)) return refused('no-rule');
  return standingAccount(directory, evidence.account, { now, until });
}

function standingAccount(
  directory: Directory,
  name: string,
  limit: { readonly now: number; readonly until: number; readonly byClaims?: readonly string[] },
): Standing | Refused {
  const account = directory.account(name);
  if (!account) return refused('unknown-account');
  if (account.disabled) return refused('account-disabled');
  if (!(limit.now < account.expiresAt)) return refused('account-expired');
  return {
    ...{ ok: true, type: 'ServiceAccount', name },
    ...(account.owner !== undefined && { owner: account.owner }),
    byClaims: limit.byClaims ?? [],
    until: Math.min(limit.until, account.expiresAt),
  };
}

function standingUser(
  directory: Directory,
  name: string,
  limit: { readonly until: number; readonly byClaims: readonly string[] },
): Standing | Refused {
  const user = directory.user(name);
  if (!user) return refused('unknown-user');
  if (user.disabled) return refused('user-disabled');
  return { ok: true, type: 'User', name, byClaims: limit.byClaims, until: limit.until };
}

/** An agent is in the groups, and has the roles, of the account behind it and its own. */
function principalOf(
  revision: Revision,
  type: PrincipalType,
  { name, owner, byClaims, until, ...standing }: Standing,
  { now, resource }: ProofMoment,
): Extract<Proof, { ok: true }> {
  const refs = [...new Set([principalRef({ type: standing.type, id: name }), principalRef({ type, id: name })])];
  const groups = refs.reduce((known, ref) => revision.judge.resolveGroups(ref, known), byClaims);
  const held = revision.directory.roles(refs, groups, resource, now);
  return {
    ok: true,
    principal: { type, id: name, groups, roles: held.roles, ...(owner !== undefined && { owner }) },
    until: Math.min(until, held.until),
  };
}

function refused(reason: ProofRefusal): Refused {
  return { ok: false, reason };
}
