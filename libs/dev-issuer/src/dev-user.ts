/** Somebody that a developer can sign in as. */
export interface DevUser {
  readonly sub: string;
  readonly name: string;
  readonly email?: string;
  readonly groups?: readonly string[];
  /** Further claims, as they are. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** An application that people sign in to. */
export interface DevClient {
  readonly id: string;
  /** Absent: a public client. */
  readonly secret?: string;
  readonly redirectUris: readonly string[];
  readonly backchannelLogoutUri?: string;
  readonly postLogoutRedirectUris?: readonly string[];
}
