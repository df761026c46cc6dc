import { Inject, Injectable } from '@nestjs/common';
import type { Queryable } from '../database/query.js';
import { firstRow, rows } from '../database/query.js';
import { EnvelopeCipher } from './envelope.js';

interface SecretRow {
  readonly name: string;
  readonly version: number;
  readonly wrapped_key: Buffer;
  readonly ciphertext: Buffer;
}

/** Secrets by kind and name, encrypted at rest under a key that is not in the database. */
@Injectable()
export class SecretStore {
  constructor(@Inject(EnvelopeCipher) private readonly cipher: EnvelopeCipher) {}

  /** Replaces what was there; the version inside the encryption grows. */
  async put(db: Queryable, kind: string, name: string, plain: Uint8Array): Promise<void> {
    const current = await firstRow<{ version: number }>(
      db,
      'SELECT version FROM secrets WHERE kind = $1 AND name = $2 FOR UPDATE',
      [kind, name],
    );
    const version = (current?.version ?? 0) + 1;
    const sealed = this.cipher.seal(plain, { kind, name, version });
    await db.query(
      `INSERT INTO secrets (kind, name, version, wrapped_key, ciphertext) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (kind, name) DO UPDATE SET version = $3, wrapped_key = $4, ciphertext = $5, updated_at = now()`,
      [kind, name, version, sealed.wrappedKey, sealed.ciphertext],
    );
  }

  /** Stores a generated secret unless there is one already, and returns the one that is there. Safe between replicas. */
  async ensure(db: Queryable, kind: string, name: string, generate: () => Uint8Array): Promise<Buffer> {
    const sealed = this.cipher.seal(generate(), { kind, name, version: 1 });
    await db.query(
      `INSERT INTO secrets (kind, name, version, wrapped_key, ciphertext) VALUES ($1, $2, 1, $3, $4)
       ON CONFLICT (kind, name) DO NOTHING`,
      [kind, name, sealed.wrappedKey, sealed.ciphertext],
    );
    const stored = await this.get(db, kind, name);
    if (!stored) throw new Error(`the secret ${kind} vanished`);
    return stored;
  }

  async get(db: Queryable, kind: string, name: string): Promise<Buffer | undefined> {
    const row = await firstRow<SecretRow>(db, `${select} WHERE kind = $1 AND name = $2`, [kind, name]);
    return row && this.open(kind, row);
  }

  /** Every secret of a kind, by name. */
  async all(db: Queryable, kind: string): Promise<Map<string, Buffer>> {
    const found = await rows<SecretRow>(db, `${select} WHERE kind = $1`, [kind]);
    return new Map(found.map((row) => [row.name, this.open(kind, row)]));
  }

  async remove(db: Queryable, kind: string, name: string): Promise<void> {
    await db.query('DELETE FROM secrets WHERE kind = $1 AND name = $2', [kind, name]);
  }

  private open(kind: string, row: SecretRow): Buffer {
    const label = { kind, name: row.name, version: row.version };
    return this.cipher.open({ wrappedKey: row.wrapped_key, ciphertext: row.ciphertext }, label);
  }
}

const select = 'SELECT name, version, wrapped_key, ciphertext FROM secrets';
