import type { CallerIdentity } from '../../platform/auth/caller.js';

/** What a valid Sallyport access token says; its signature, times, issuer and audience were checked. */
export interface AccessTokenClaims {
  /** Principal reference: whom the token is about. */
  readonly subject: string;
  /** The credential behind it, which is looked up at every use: a key's id, `login:UUID`, `exchange:UUID`. */
  readonly credentialId: string;
  /** Id of this very token. */
  readonly tokenId: string;
  readonly expiresAt: Date;
  /** RFC 8693 §4.1: who acts for the subject, as a principal reference, and by which credential. */
  readonly actor?: { readonly subject: string; readonly credentialId: string };
  /** Of a token exchanged for a trusted issuer's: which, and the groups its claims gave. */
  readonly federated?: { readonly issuer: string; readonly subject: string; readonly groups: readonly string[] };
  /** Downscoped to these resources and actions; such a token is not for this API. */
  readonly resources?: readonly string[];
  readonly actions?: readonly string[];
}

/** Says whether what stands behind an access token still stands, and who that is now. */
export interface CredentialKind {
  /** What its credential ids begin with; empty for service-account keys. */
  readonly prefix: string;
  prove(claims: AccessTokenClaims): Promise<CallerIdentity | undefined>;
}

/** Injection token of the list of every CredentialKind. */
export const CREDENTIAL_KINDS = Symbol('CredentialKinds');
