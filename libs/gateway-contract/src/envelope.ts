import { z } from 'zod';

/** The contract's major version; a peer that speaks another is refused at hello. */
export const contractVersion = 1;

/**
 * Every message of the WebSocket between gateway and control plane. A text frame holds the envelope as JSON. A binary
 * frame holds a 4-byte big-endian length, the envelope of that many bytes, then an attachment up to the frame's end.
 */
export const envelope = z.strictObject({
  v: z.literal(contractVersion),
  /** Unique per sender and connection. */
  id: z.string().min(1).max(64),
  type: z.string().min(1).max(64),
  /** The id of the message that this one answers. */
  replyTo: z.string().max(64).optional(),
  body: z.unknown(),
});
export type Envelope = z.infer<typeof envelope>;

/** What stands before the attachment in a binary frame. */
export function encodeBinaryHead(message: Envelope): Buffer {
  const head = Buffer.from(JSON.stringify(message), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head]);
}

/** Encodes a frame with an attachment. */
export function encodeBinaryFrame(message: Envelope, attachment: Uint8Array): Buffer {
  return Buffer.concat([encodeBinaryHead(message), attachment]);
}

/** Splits a binary frame; undefined when its lengths lie. The envelope is still to be validated. */
export function decodeBinaryFrame(frame: Buffer): { head: unknown; attachment: Buffer } | undefined {
  if (frame.length < 4) return undefined;
  const length = frame.readUInt32BE(0);
  if (length > frame.length - 4) return undefined;
  try {
    return { head: JSON.parse(frame.toString('utf8', 4, 4 + length)), attachment: frame.subarray(4 + length) };
  } catch {
    return undefined;
  }
}
