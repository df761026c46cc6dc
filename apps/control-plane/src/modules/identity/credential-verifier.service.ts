import { Inject, Injectable } from '@nestjs/common';
import { principalRef } from '@sallyport/domain';
import type { DataSource } from 'typeorm';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import type { CredentialVerifier } from '../../platform/auth/credential-verifier.js';
import { Signer } from '../../platform/crypto/signer.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { readAccessToken } from './access-token.js';
import { apiKeyId, hashApiKey, sameHash } from './api-key.js';
import type { StoredKey } from './key-store.js';
import { findKey, noteKeyUse } from './key-store.js';
import { PrincipalDirectory } from './principal-directory.js';

const maxCredentialLength = 4096;

/** Service-account keys and the access tokens made from them. Both stand only while key and account do. */
@Injectable()
export class StoredCredentialVerifier implements CredentialVerifier {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly signer: Signer,
    private readonly directory: PrincipalDirectory,
  ) {}

  async verify(credential: string): Promise<CallerIdentity | undefined> {
    if (credential.length > maxCredentialLength) return undefined;
    const key = credential.startsWith('sp_') ? await this.keyOf(credential) : await this.keyBehind(credential);
    if (!key) return undefined;
    const principal = await this.directory.find(`ServiceAccount::${key.serviceAccount}`);
    if (!principal) return undefined;
    if (isNoteworthy(key)) await noteKeyUse(this.dataSource, key.id);
    return { principal, credentialId: key.id, personId: principal.owner ?? principalRef(principal) };
  }

  /** The living key that this text is; undefined for anything else. */
  async keyOf(text: string): Promise<StoredKey | undefined> {
    const id = apiKeyId(text);
    const key = id === undefined ? undefined : await findKey(this.dataSource, id);
    return key && sameHash(key.hash, hashApiKey(text)) && isAlive(key) ? key : undefined;
  }

  private async keyBehind(token: string): Promise<StoredKey | undefined> {
    const claims = await readAccessToken(this.signer, token);
    const key = claims && (await findKey(this.dataSource, claims.keyId));
    return key && isAlive(key) && claims.principal === `ServiceAccount::${key.serviceAccount}` ? key : undefined;
  }
}

function isAlive(key: StoredKey): boolean {
  return key.expiresAt === null || key.expiresAt.getTime() > Date.now();
}

/** A busy key does not mean a write per request. */
function isNoteworthy(key: StoredKey): boolean {
  return key.lastUsedAt === null || Date.now() - key.lastUsedAt.getTime() > 60_000;
}
