export type Scalar = string | number | boolean;
/** The claim must be this, one of these, or a text that `like` describes, where `*` stands for anything. */
export type ClaimRule = Scalar | readonly Scalar[] | { readonly like: string };

export interface MatchRule {
  readonly claims: Readonly<Record<string, ClaimRule>>;
  /** `ServiceAccount::ci`, or `User`: the person whose identity is this issuer and subject. */
  readonly principal: string;
}

/** One trusted issuer with its keys, as a snapshot carries it. */
export interface IssuerConfig {
  readonly name: string;
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly preset?: string | undefined;
  readonly algorithms: readonly string[];
  readonly match: readonly MatchRule[];
  readonly sessionSeconds: number;
  readonly jwks: readonly Readonly<Record<string, unknown>>[];
  /** Date and time, ISO 8601. */
  readonly keysValidUntil: string;
}

export type Claims = Readonly<Record<string, unknown>>;
