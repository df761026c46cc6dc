/** What a redacted text reads. The same for every value, so it tells nothing about any. */
export const redactedText = '[redacted]';

const bytes = Buffer.from(redactedText);

export function redact(): Buffer {
  return bytes;
}
