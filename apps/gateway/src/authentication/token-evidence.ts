import type { AccessTokenClaims } from './access-tokens.js';
import type { ActorEvidence, Evidence, KeyEvidence, SubjectEvidence } from './evidence.js';

/** What a verified access token says of whom it is about; undefined when it says something that is never issued. */
export function evidenceOf(claims: AccessTokenClaims, shownAt: number): Evidence | undefined {
  const { cid, jti, act, res, acts } = claims;
  const subject = subjectOf(claims);
  const actor = act && actorOf(act);
  if (!subject || (act && !actor)) return undefined;
  const limits = { ...(res && { resources: res }), ...(acts && { actions: acts }) };
  return {
    credentialId: cid,
    subject,
    tokenId: jti,
    ...(act && actor && { actor: { credentialId: act.cid, evidence: actor } }),
    ...((res || acts) && { limits }),
    shownAt,
  };
}

function subjectOf({ sub, cid, fed }: AccessTokenClaims): SubjectEvidence | undefined {
  if (!cid.includes(':')) return keyEvidence(sub, cid);
  const user = nameIn(sub, 'User');
  if (cid.startsWith('login:')) return user === undefined ? undefined : { kind: 'login', loginId: cid.slice(6), user };
  if (!cid.startsWith('exchange:') || !fed) return undefined;
  if (user === undefined && nameIn(sub, 'ServiceAccount') === undefined) return undefined;
  return { kind: 'exchange', issuer: fed.iss, subject: fed.sub, ref: sub, groups: fed.groups };
}

function actorOf({ sub, cid }: { readonly sub: string; readonly cid: string }): ActorEvidence | undefined {
  if (!cid.includes(':')) return keyEvidence(sub, cid);
  const account = nameIn(sub, 'ServiceAccount');
  const issuer = /^issuer:([^:]+):[^:]+$/.exec(cid)?.[1];
  return account === undefined || issuer === undefined ? undefined : { kind: 'issuer-account', issuer, account };
}

function keyEvidence(sub: string, keyId: string): KeyEvidence | undefined {
  const account = nameIn(sub, 'ServiceAccount');
  return account === undefined ? undefined : { kind: 'key', keyId, account };
}

function nameIn(ref: string, type: 'User' | 'ServiceAccount'): string | undefined {
  return ref.startsWith(`${type}::`) && ref.length > type.length + 2 ? ref.slice(type.length + 2) : undefined;
}
