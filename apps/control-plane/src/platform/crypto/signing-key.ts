import { generateKeyPairSync } from 'node:crypto';
import type { Queryable } from '../database/query.js';
import { SealBroken } from './envelope.js';
import type { SecretStore } from './secret-store.js';

/**
 * The installation's private signing key, PKCS #8 DER; made by whichever replica starts first. It is the first secret
 * that every start opens, so a wrong master key shows here and not at a gateway.
 */
export async function openSigningKey(db: Queryable, secrets: SecretStore): Promise<Buffer> {
  try {
    return await secrets.ensure(db, 'signing-key', 'installation', newSigningKey);
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    const message =
      'SALLYPORT_MASTER_KEY_FILE: this is not the key that the secrets of this database are encrypted with';
    throw new Error(message, { cause: error });
  }
}

function newSigningKey(): Buffer {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' });
}
