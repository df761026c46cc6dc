import { Inject, Injectable } from '@nestjs/common';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import type { CredentialVerifier } from '../../platform/auth/credential-verifier.js';
import { KeyCredentials } from '../identity/key-credentials.js';
import { AccessTokens } from './access-tokens.service.js';

/** Longer than any token that an issuer of ours or of others makes, shorter than what Node takes as headers. */
const maxCredentialLength = 12_288;

/** Whoever calls the API: by a key, or by an access token of whatever kind. */
@Injectable()
export class ApiCredentialVerifier implements CredentialVerifier {
  constructor(
    @Inject(KeyCredentials) private readonly keys: KeyCredentials,
    private readonly tokens: AccessTokens,
  ) {}

  async verify(credential: string): Promise<CallerIdentity | undefined> {
    if (credential.length > maxCredentialLength) return undefined;
    if (credential.startsWith('sp_')) return (await this.keys.open(credential))?.caller;
    const claims = await this.tokens.read(credential);
    // Downscoped to resources or actions of gateways: no part of this API is among those.
    if (!claims || claims.resources || claims.actions) return undefined;
    return this.tokens.prove(claims);
  }
}
