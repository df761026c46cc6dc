import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { firstRow, rows, type Queryable } from '../../platform/database/query.js';
import type { GatewayKey } from './gateway-key.js';

export interface GatewayRow {
  readonly name: string;
  readonly enrolment_id: string;
  readonly public_key: GatewayKey;
  readonly key_thumbprint: string;
  readonly enrolled_at: Date;
  readonly version: string | null;
  readonly adapters: { protocol: string; masks: string[] }[];
  readonly connection_id: string | null;
  readonly last_seen_at: Date | null;
  readonly connected: boolean;
}

/** A connected gateway is seen at least this often; one that was not is no longer connected. Seconds. */
export const seenEverySeconds = 20;
const columns = `*, connection_id IS NOT NULL AND last_seen_at > now() - make_interval(secs => ${seenEverySeconds * 2.5}) AS connected`;

export function findGateway(db: Queryable, name: string): Promise<GatewayRow | undefined> {
  return firstRow<GatewayRow>(db, `SELECT ${columns} FROM gateways WHERE name = $1`, [name]);
}

export function allGateways(db: Queryable): Promise<GatewayRow[]> {
  return rows<GatewayRow>(db, `SELECT ${columns} FROM gateways ORDER BY name`);
}

/** The token is 256 random bits; only its SHA-256 is kept. */
export async function createEnrolment(
  db: Queryable,
  enrolment: { readonly name: string; readonly createdBy: string; readonly expiresInSeconds: number },
): Promise<{ token: string; expiresAt: Date }> {
  const token = `spe_${randomBytes(32).toString('base64url')}`;
  const created = await firstRow<{ expires_at: Date }>(
    db,
    `INSERT INTO gateway_enrolments (id, token_hash, gateway, created_by, expires_at)
     VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5)) RETURNING expires_at`,
    [randomUUID(), hashOf(token), enrolment.name, enrolment.createdBy, enrolment.expiresInSeconds],
  );
  return { token, expiresAt: created!.expires_at };
}

export type SpentToken =
  | { readonly outcome: 'spent'; readonly enrolmentId: string }
  | { readonly outcome: 'refused' }
  /** Somebody has used it before: it leaked, or a message was repeated. */
  | { readonly outcome: 'replayed'; readonly enrolmentId: string; readonly gateway: string };

/** Spends the token, once, for the gateway that it was made for. */
export async function spendToken(db: Queryable, token: string, gateway: string): Promise<SpentToken> {
  const spent = await rows<{ id: string }>(
    db,
    `UPDATE gateway_enrolments SET used_at = now()
     WHERE token_hash = $1 AND gateway = $2 AND used_at IS NULL AND expires_at > now() RETURNING id`,
    [hashOf(token), gateway],
  );
  if (spent[0]) return { outcome: 'spent', enrolmentId: spent[0].id };
  const used = await firstRow<{ id: string; gateway: string }>(
    db,
    'SELECT id, gateway FROM gateway_enrolments WHERE token_hash = $1 AND used_at IS NOT NULL',
    [hashOf(token)],
  );
  return used ? { outcome: 'replayed', enrolmentId: used.id, gateway: used.gateway } : { outcome: 'refused' };
}

/** The name belongs to this key from now on. */
export async function enrolGateway(
  db: Queryable,
  gateway: {
    readonly name: string;
    readonly enrolmentId: string;
    readonly key: GatewayKey;
    readonly thumbprint: string;
  },
): Promise<void> {
  await db.query(
    `INSERT INTO gateways (name, enrolment_id, public_key, key_thumbprint) VALUES ($1, $2, $3, $4)
     ON CONFLICT (name) DO UPDATE SET enrolment_id = $2, public_key = $3, key_thumbprint = $4, enrolled_at = now(),
       version = NULL, adapters = '[]', connection_id = NULL, last_seen_at = NULL`,
    [gateway.name, gateway.enrolmentId, JSON.stringify(gateway.key), gateway.thumbprint],
  );
}

/** The newest connection is the gateway's one connection. False: revoked or enrolled anew meanwhile. */
export async function noteConnected(
  db: Queryable,
  gateway: { readonly name: string; readonly enrolmentId: string },
  hello: { readonly connectionId: string; readonly version: string; readonly adapters: readonly unknown[] },
): Promise<boolean> {
  const noted = await rows(
    db,
    `UPDATE gateways SET connection_id = $3, version = $4, adapters = $5, last_seen_at = now()
     WHERE name = $1 AND enrolment_id = $2 RETURNING name`,
    [
      gateway.name,
      gateway.enrolmentId,
      hello.connectionId,
      hello.version.slice(0, 100),
      JSON.stringify(hello.adapters),
    ],
  );
  return noted.length > 0;
}

/** False: this is no longer the gateway's connection, so it must end. */
export async function noteSeen(db: Queryable, name: string, connectionId: string): Promise<boolean> {
  const seen = await rows(
    db,
    'UPDATE gateways SET last_seen_at = now() WHERE name = $1 AND connection_id = $2 RETURNING name',
    [name, connectionId],
  );
  return seen.length > 0;
}

export async function noteGone(db: Queryable, name: string, connectionId: string): Promise<void> {
  await db.query('UPDATE gateways SET connection_id = NULL WHERE name = $1 AND connection_id = $2', [
    name,
    connectionId,
  ]);
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
