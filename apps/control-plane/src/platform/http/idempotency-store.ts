import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { EnvelopeCipher } from '../crypto/envelope.js';
import { DATA_SOURCE } from '../database/data-source.js';
import { firstRow, rows } from '../database/query.js';

/** An answer as it is sent again. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}
export type Claim =
  | { readonly kind: 'first' }
  | { readonly kind: 'running' }
  | { readonly kind: 'other-request' }
  | { readonly kind: 'again'; readonly answer: KeptAnswer };

export interface IdempotencyKey {
  /** Principal and credential: they differ in what they may do, and so do their answers. */
  readonly caller: string;
  readonly key: string;
}

/** Answers live a day. A request that ended without a word, its process killed, may be made again after a minute. */
const kept = `interval '24 hours'`;
const abandoned = `interval '1 minute'`;
const secretKind = 'idempotent-answer';

interface KeyRow {
  readonly request_digest: string;
  readonly status: number | null;
  readonly wrapped_key: Buffer;
  readonly ciphertext: Buffer;
}

/** Remembers what creates answered, encrypted: an answer may hold a new key. */
@Injectable()
export class IdempotencyStore {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(EnvelopeCipher) private readonly cipher: EnvelopeCipher,
  ) {}

  async claim(id: IdempotencyKey, request: readonly string[]): Promise<Claim> {
    const digest = this.cipher.digest(...request);
    await this.dataSource.query(`DELETE FROM idempotency_keys WHERE created_at < now() - ${kept}`);
    const mine = await rows(
      this.dataSource,
      `INSERT INTO idempotency_keys AS k (caller, key, request_digest) VALUES ($1, $2, $3)
       ON CONFLICT (caller, key) DO UPDATE SET request_digest = $3, created_at = now()
         WHERE k.status IS NULL AND k.created_at < now() - ${abandoned}
       RETURNING key`,
      [id.caller, id.key, digest],
    );
    if (mine.length > 0) return { kind: 'first' };
    const row = await firstRow<KeyRow>(
      this.dataSource,
      'SELECT request_digest, status, wrapped_key, ciphertext FROM idempotency_keys WHERE caller = $1 AND key = $2',
      [id.caller, id.key],
    );
    if (!row || (row.status === null && row.request_digest === digest)) return { kind: 'running' };
    if (row.request_digest !== digest) return { kind: 'other-request' };
    const plain = this.cipher.open({ wrappedKey: row.wrapped_key, ciphertext: row.ciphertext }, label(id));
    return { kind: 'again', answer: JSON.parse(plain.toString('utf8')) as KeptAnswer };
  }

  async keep(id: IdempotencyKey, answer: KeptAnswer): Promise<void> {
    const sealed = this.cipher.seal(Buffer.from(JSON.stringify(answer), 'utf8'), label(id));
    await this.dataSource.query(
      `UPDATE idempotency_keys SET status = $3, wrapped_key = $4, ciphertext = $5 WHERE caller = $1 AND key = $2`,
      [id.caller, id.key, answer.status, sealed.wrappedKey, sealed.ciphertext],
    );
  }

  /** Nothing came of the request: the key is free again. */
  async release(id: IdempotencyKey): Promise<void> {
    await this.dataSource.query('DELETE FROM idempotency_keys WHERE caller = $1 AND key = $2 AND status IS NULL', [
      id.caller,
      id.key,
    ]);
  }
}

function label({ caller, key }: IdempotencyKey) {
  return { kind: secretKind, name: JSON.stringify([caller, key]), version: 1 };
}
