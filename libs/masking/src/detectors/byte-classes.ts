/** A set of bytes as a table: 1 for those in it. */
export type ByteClass = Uint8Array;

/** @param members characters, and ranges as `a-z`; a hyphen comes first */
export function byteClass(members: string): ByteClass {
  const table = new Uint8Array(256);
  for (const [range] of members.matchAll(/^-|.-.|./gs)) {
    const last = range.length === 3 ? range.charCodeAt(2) : range.charCodeAt(0);
    table.fill(1, range.charCodeAt(0), last + 1);
  }
  return table;
}

export const digit = byteClass('0-9');
export const letter = byteClass('A-Za-z');
export const upperOrDigit = byteClass('A-Z0-9');
export const alphanumeric = byteClass('A-Za-z0-9');
/** RFC 4648 section 5. */
export const base64Url = byteClass('-A-Za-z0-9_');
