import type { CallerIdentity } from './caller.js';

/** Proves who holds a credential (a service-account key or an access token). Undefined: nobody that is known and enabled. */
export interface CredentialVerifier {
  verify(credential: string): Promise<CallerIdentity | undefined>;
}
export const CREDENTIAL_VERIFIER = Symbol('CredentialVerifier');
