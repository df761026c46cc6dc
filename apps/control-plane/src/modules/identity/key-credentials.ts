import { Inject, Injectable } from '@nestjs/common';
import { principalRef } from '@sallyport/domain';
import type { DataSource } from 'typeorm';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import type { AccessTokenClaims, CredentialKind } from '../credentials/credential-kind.js';
import { apiKeyId, hashApiKey, sameHash } from './api-key.js';
import type { StoredKey } from './key-store.js';
import { findKey, noteKeyUse } from './key-store.js';
import { PrincipalDirectory } from './principal-directory.js';

export interface ProvedKey {
  readonly key: StoredKey;
  readonly caller: CallerIdentity;
}

/** Service-account keys and the access tokens made from them. Both stand only while key and account do. */
@Injectable()
export class KeyCredentials implements CredentialKind {
  readonly prefix = '';

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly directory: PrincipalDirectory,
  ) {}

  /** The living key that this text is, and whose; undefined for anything else. */
  async open(text: string): Promise<ProvedKey | undefined> {
    const key = await this.keyOf(text);
    const caller = key && (await this.callerOf(key));
    return caller && { key, caller };
  }

  /** The living key that this text is, whatever its account. */
  async keyOf(text: string): Promise<StoredKey | undefined> {
    const id = apiKeyId(text);
    const key = id === undefined ? undefined : await findKey(this.dataSource, id);
    return key && sameHash(key.hash, hashApiKey(text)) && isAlive(key) ? key : undefined;
  }

  prove({ subject, credentialId }: AccessTokenClaims): Promise<CallerIdentity | undefined> {
    return this.standing(subject, credentialId);
  }

  /** @param subject reference of the account whose key it must be. */
  async standing(subject: string, keyId: string): Promise<CallerIdentity | undefined> {
    const key = await findKey(this.dataSource, keyId);
    if (!key || !isAlive(key) || subject !== `ServiceAccount::${key.serviceAccount}`) return undefined;
    return this.callerOf(key);
  }

  private async callerOf(key: StoredKey): Promise<CallerIdentity | undefined> {
    const principal = await this.directory.find(`ServiceAccount::${key.serviceAccount}`);
    if (!principal) return undefined;
    if (isNoteworthy(key)) await noteKeyUse(this.dataSource, key.id);
    return { principal, credentialId: key.id, personId: principal.owner ?? principalRef(principal) };
  }
}

function isAlive(key: StoredKey): boolean {
  return key.expiresAt === null || key.expiresAt.getTime() > Date.now();
}

/** A busy key does not mean a write per request. */
function isNoteworthy(key: StoredKey): boolean {
  return key.lastUsedAt === null || Date.now() - key.lastUsedAt.getTime() > 60_000;
}
