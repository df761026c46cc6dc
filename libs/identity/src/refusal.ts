/** Why a token proves nobody. For administrators' logs and metrics only: a client learns that it failed, not why. */
export type TokenRefusal =
  /** Not three canonical base64url parts of strict JSON. */
  | 'malformed'
  | 'too-large'
  /** Five parts: a JWE. */
  | 'encrypted'
  /** The header asks for something that is not done here: `crit`, `b64`, `zip`, `cty`. */
  | 'header'
  /** `typ` names another kind of token. */
  | 'type'
  /** `alg` is not among those that the issuer may use. */
  | 'algorithm'
  | 'unknown-issuer'
  /** The issuer's own settings are refused by its preset: nothing of it counts. */
  | 'issuer-settings'
  | 'keys-stale'
  /** No key has this `kid`; the issuer may have rotated. */
  | 'unknown-key'
  /** The key is of another type or curve than `alg`, or not for verifying. */
  | 'key-unfit'
  | 'key-weak'
  /** More than one key could be meant. */
  | 'key-ambiguous'
  | 'signature'
  /** A registered claim is missing or has the wrong type. */
  | 'claims'
  | 'subject'
  | 'audience'
  | 'authorized-party'
  | 'expired'
  | 'not-yet-valid'
  /** Valid for longer than any token may be. */
  | 'lifetime'
  /** Made for a browser client to learn who signed in, not for asking for anything. */
  | 'id-token'
  /** Not what this kind of issuer makes. */
  | 'preset'
  /** Genuine, but no rule says who it is. */
  | 'no-rule'
  /** Something threw. */
  | 'internal';
