import { randomInt, randomUUID } from 'node:crypto';
import type { Queryable } from '../../platform/database/query.js';
import { firstRow, rows } from '../../platform/database/query.js';
import { hashText, newSecretText } from './secret-text.js';

/** How long somebody has to find a browser. Seconds. */
export const deviceCodeSeconds = 600;
/** RFC 8628 §3.2, §3.5. */
export const firstPollSeconds = 5;
/** RFC 8628 §6.1: no vowels, so no words; 20^8 of them. */
const alphabet = 'BCDFGHJKLMNPQRSTVWXZ';
const userCodeLength = 8;
/** Waiting at one time: bounds the chance of a guess, and what anybody can make us store. */
const maxPending = 1_000;
const maxPendingPerAddress = 20;

export interface NewDeviceCode {
  readonly deviceCode: string;
  /** As shown: `BCDF-GHJK`. */
  readonly userCode: string;
}

/** Undefined: too many wait already. */
export async function newDeviceCode(
  db: Queryable,
  { client, address }: { readonly client: string; readonly address: string },
): Promise<NewDeviceCode | undefined> {
  const deviceCode = newSecretText('sd_');
  const letters = Array.from({ length: userCodeLength }, () => alphabet[randomInt(alphabet.length)]).join('');
  const waiting = `SELECT count(*) FROM device_codes WHERE state = 'pending' AND expires_at > now()`;
  const made = await rows(
    db,
    `INSERT INTO device_codes (id, device_code_hash, user_code_hash, client, client_address, poll_seconds, expires_at)
     SELECT $1, $2, $3, $4, $5, ${firstPollSeconds}, now() + interval '${deviceCodeSeconds} seconds'
     WHERE (${waiting}) < ${maxPending} AND (${waiting} AND client_address = $5) < ${maxPendingPerAddress}
     ON CONFLICT DO NOTHING RETURNING id`,
    [randomUUID(), hashText(deviceCode), hashText(letters), client, address],
  );
  if (made.length === 0) return undefined;
  return { deviceCode, userCode: `${letters.slice(0, 4)}-${letters.slice(4)}` };
}

/** The letters of what somebody typed (RFC 8628 §6.1); undefined when that is no code. */
export function readUserCode(typed: string): string | undefined {
  const letters = typed.toUpperCase().replace(/[\s-]/g, '');
  return letters.length === userCodeLength && [...letters].every((one) => alphabet.includes(one)) ? letters : undefined;
}

export interface WaitingDevice {
  readonly id: string;
  readonly client: string;
  readonly clientAddress: string;
}

const waitingColumns = 'id, client, client_address AS "clientAddress"';

export function findWaitingDevice(
  db: Queryable,
  by: { readonly letters?: string; readonly id?: string },
): Promise<WaitingDevice | undefined> {
  return firstRow<WaitingDevice>(
    db,
    `SELECT ${waitingColumns} FROM device_codes
     WHERE (user_code_hash = $1 OR id = $2) AND state = 'pending' AND expires_at > now()`,
    [by.letters === undefined ? null : hashText(by.letters), by.id ?? null],
  );
}

/** False: it no longer waits. */
export async function decideDevice(db: Queryable, id: string, loginId: string | null): Promise<boolean> {
  const decided = await rows(
    db,
    `UPDATE device_codes SET state = $2, login_id = $3 WHERE id = $1 AND state = 'pending' AND expires_at > now() RETURNING id`,
    [id, loginId === null ? 'denied' : 'approved', loginId],
  );
  return decided.length > 0;
}

export interface PolledDevice {
  readonly state: 'pending' | 'approved' | 'denied' | 'used';
  readonly loginId: string | null;
  readonly isExpired: boolean;
  readonly isTooSoon: boolean;
}

/** One question of the device; an answer that lets it in lets it in this once. For a transaction. */
export async function pollDevice(db: Queryable, deviceCode: string, client: string): Promise<PolledDevice | undefined> {
  const hash = hashText(deviceCode);
  const found = await firstRow<PolledDevice>(
    db,
    `SELECT state, login_id AS "loginId", expires_at <= now() AS "isExpired",
       coalesce(polled_at > now() - make_interval(secs => poll_seconds), false) AS "isTooSoon"
     FROM device_codes WHERE device_code_hash = $1 AND client = $2 FOR UPDATE`,
    [hash, client],
  );
  if (!found) return undefined;
  const isRedeemed = found.state === 'approved' && !found.isExpired && !found.isTooSoon;
  await db.query(
    `UPDATE device_codes SET polled_at = now(), poll_seconds = poll_seconds + CASE WHEN $2 THEN 5 ELSE 0 END,
       state = CASE WHEN $3 THEN 'used' ELSE state END
     WHERE device_code_hash = $1`,
    [hash, found.isTooSoon, isRedeemed],
  );
  return found;
}

const failureWindow = `interval '10 minutes'`;
/** Wrong codes from one address, and from all, within the window. */
const maxFailures = { perAddress: 5, overall: 100 };

/** RFC 8628 §5.1: codes are short, so guesses are few. */
export async function mayTryUserCode(db: Queryable, address: string): Promise<boolean> {
  const row = await firstRow<{ mine: number; all: number }>(
    db,
    `SELECT count(*) FILTER (WHERE address = $1)::integer AS mine, count(*)::integer AS all
     FROM user_code_failures WHERE at > now() - ${failureWindow}`,
    [address],
  );
  return row!.mine < maxFailures.perAddress && row!.all < maxFailures.overall;
}

export async function noteWrongUserCode(db: Queryable, address: string): Promise<void> {
  await db.query('INSERT INTO user_code_failures (address) VALUES ($1)', [address]);
}
