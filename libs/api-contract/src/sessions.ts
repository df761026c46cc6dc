import { z } from 'zod';

const time = z.iso.datetime({ offset: true });

/** What is stored of a session's recording, and what is missing. */
export const recordingState = z.strictObject({
  segments: z.int(),
  bytes: z.int(),
  /** The last segment has come and none before it is missing. */
  complete: z.boolean(),
  /** Indexes below the newest that never arrived. */
  gaps: z.array(z.int()),
});
export type RecordingState = z.infer<typeof recordingState>;

export const session = z.strictObject({
  id: z.uuid(),
  principal: z.string(),
  owner: z.string().nullable(),
  groups: z.array(z.string()),
  credentialId: z.string(),
  resource: z.string(),
  protocol: z.string(),
  gateway: z.string(),
  clientAddress: z.string(),
  startedAt: time,
  endedAt: time.nullable(),
  endReason: z.string().nullable(),
  open: z.boolean(),
});
export type Session = z.infer<typeof session>;

export const sessionDetail = session.extend({ recording: recordingState });
export type SessionDetail = z.infer<typeof sessionDetail>;

export const sessionQuery = z.strictObject({
  principal: z.string().max(300).optional(),
  resource: z.string().max(128).optional(),
  open: z.enum(['true', 'false']).optional(),
  cursor: z.string().max(512).optional(),
  limit: z.coerce.number().int().min(1).max(200).optional(),
});
export type SessionQuery = z.infer<typeof sessionQuery>;

export const sessionPage = z.strictObject({ items: z.array(session), next: z.string().nullable() });

export const terminateBody = z.strictObject({ reason: z.string().trim().min(1).max(500).optional() });

/** The index of a recording: with it, the stream of segments can be cut where it was sealed and verified. */
export const recordingIndex = z.strictObject({
  sessionId: z.uuid(),
  complete: z.boolean(),
  gaps: z.array(z.int()),
  segments: z.array(
    z.strictObject({
      index: z.int(),
      bytes: z.int(),
      sha256: z.string(),
      chain: z.string(),
      last: z.boolean(),
    }),
  ),
});
export type RecordingIndex = z.infer<typeof recordingIndex>;
