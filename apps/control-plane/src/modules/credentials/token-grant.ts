import type { TokenResponse } from '@sallyport/api-contract';

/** RFC 6749 §5.2, RFC 7009 §2.2.1, RFC 8628 §3.5, RFC 8693 §2.2.2. */
export interface OAuthFailure {
  readonly status: 400 | 401;
  readonly error:
    | 'invalid_request'
    | 'invalid_client'
    | 'invalid_grant'
    | 'invalid_scope'
    | 'invalid_target'
    | 'unsupported_grant_type'
    | 'unsupported_token_type'
    | 'authorization_pending'
    | 'slow_down'
    | 'access_denied'
    | 'expired_token';
  readonly description: string;
}

/** A token request as it came: every parameter once (RFC 6749 §3.2), none empty. */
export interface TokenForm {
  readonly grantType: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** `resource` and `audience`, the two that may be repeated (RFC 8693 §2.1). */
  readonly targets: readonly string[];
  /** From the form or from HTTP Basic, never both. */
  readonly client: { readonly id: string | undefined; readonly secret: string | undefined };
}

export type TokenOutcome =
  { readonly ok: true; readonly response: TokenResponse } | { readonly ok: false; readonly failure: OAuthFailure };

/** One way to get a token at the token endpoint. */
export interface TokenGrant {
  /** As `grant_type` spells it. */
  readonly grantType: string;
  issue(form: TokenForm): Promise<TokenOutcome>;
}

/** Injection token of the list of every TokenGrant. */
export const TOKEN_GRANTS = Symbol('TokenGrants');

export function tokenFailure(error: OAuthFailure['error'], description: string): { ok: false; failure: OAuthFailure } {
  return { ok: false, failure: { status: error === 'invalid_client' ? 401 : 400, error, description } };
}
