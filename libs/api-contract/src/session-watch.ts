import { z } from 'zod';

/** Why a watch is over. */
export const watchEndCode = z.enum([
  /** The session has ended, and all of it was shown. */
  'closed',
  /** The session has ended, and the rest of its recording has not come: its gateway is away or was killed. */
  'incomplete',
  /** The credential has ended, or no longer permits it. */
  'refused',
  /** This replica stops; another one goes on. */
  'stopping',
  /** What was sent was not read. */
  'slow',
  /** A stored segment cannot be read, or is not the one that was stored; or the database is away. */
  'failed',
]);

/** What is said of a watched session, one JSON object a line. */
export const watchEvent = z.discriminatedUnion('kind', [
  /** The next bytes of the recording, base64: joined, they are what `/recording` answers. */
  z.strictObject({ kind: z.literal('bytes'), base64: z.string() }),
  /** So many segments before the next bytes are not stored. */
  z.strictObject({ kind: z.literal('missing'), segments: z.int() }),
  /** Nothing new; the watch goes on. */
  z.strictObject({ kind: z.literal('alive') }),
  /** The last line. `after` begins another watch behind the last segment that came whole. */
  z.strictObject({ kind: z.literal('end'), code: watchEndCode, detail: z.string(), after: z.int() }),
]);
export type WatchEvent = z.infer<typeof watchEvent>;
export type WatchEnd = Extract<WatchEvent, { kind: 'end' }>;

export const watchQuery = z.strictObject({
  /** Shows what follows this segment; without it, the session from its beginning. */
  after: z.coerce.number().int().min(-1).max(0x7fff_ffff).optional(),
});
export type WatchQuery = z.infer<typeof watchQuery>;
