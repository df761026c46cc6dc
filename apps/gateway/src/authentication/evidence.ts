import type { TokenLimits } from '@sallyport/policy';

/** What proved a session's subject, without any secret: enough to prove it again under whatever revision is in force. */
export type SubjectEvidence = KeyEvidence | SshKeyEvidence | LoginEvidence | IssuerEvidence | ExchangeEvidence;

export interface KeyEvidence {
  readonly kind: 'key';
  readonly keyId: string;
  /** Name of the service account. */
  readonly account: string;
}

/** A public key whose holder signed with it. */
export interface SshKeyEvidence {
  readonly kind: 'sshKey';
  /** Base64 of RFC 4253 §6.6. */
  readonly key: string;
  /** Whom it proved: it goes on to prove this one or nobody. As in `User::alice`. */
  readonly ref: string;
}

export interface LoginEvidence {
  readonly kind: 'login';
  readonly loginId: string;
  /** Name of the user. */
  readonly user: string;
}

/** A trusted issuer's own token, verified: what it claims is held against the rules of each new revision. */
export interface IssuerEvidence {
  readonly kind: 'issuer';
  /** Name of the trusted issuer. */
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Whom it proved: under any rules it goes on to prove this one or nobody. As in `ServiceAccount::ci`. */
  readonly ref: string;
}

/** A token of ours that was exchanged for one of a trusted issuer, whose claims stayed with the control plane. */
export interface ExchangeEvidence {
  readonly kind: 'exchange';
  readonly issuer: string;
  readonly subject: string;
  readonly ref: string;
  /** Groups that the claims gave when it was exchanged. */
  readonly groups: readonly string[];
}

/** What proved the agent that acts for the subject. */
export type ActorEvidence =
  | KeyEvidence
  | {
      /** A token of a trusted issuer, or one exchanged for it. */
      readonly kind: 'issuer-account';
      readonly issuer: string;
      readonly account: string;
    };

/** What proved a session. */
export interface Evidence {
  /** As sessions, audit and revocations name it. */
  readonly credentialId: string;
  readonly subject: SubjectEvidence;
  /** RFC 8693 §4.1: whoever uses the credential, when that is not the subject itself. */
  readonly actor?: { readonly credentialId: string; readonly evidence: ActorEvidence };
  /** `jti` of the token in use; keys have none. */
  readonly tokenId?: string;
  readonly limits?: TokenLimits;
  /** When it was shown to this gateway. Milliseconds since the epoch. */
  readonly shownAt: number;
}

/** Every name by which a revocation may mean this credential. */
export function credentialIds({ credentialId, actor, tokenId }: Evidence): string[] {
  return [credentialId, ...(actor ? [actor.credentialId] : []), ...(tokenId === undefined ? [] : [tokenId])];
}
