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

/** Behind the last of the bytes from `at` on that are in the class. */
export function endOfRun(text: Uint8Array, at: number, high: number, of: ByteClass): number {
  let end = at;
  while (end < high && of[text[end]!] === 1) end += 1;
  return end;
}

/** The first of the bytes before `at` that are in the class. */
export function startOfRun(text: Uint8Array, low: number, at: number, of: ByteClass): number {
  let start = at;
  while (start > low && of[text[start - 1]!] === 1) start -= 1;
  return start;
}

/** Whether the byte at `at` is inside the text and in the class. */
export function isAt(text: Uint8Array, low: number, at: number, high: number, of: ByteClass): boolean {
  return at >= low && at < high && of[text[at]!] === 1;
}

/** Whether the text continues with these ASCII characters. */
export function reads(text: Uint8Array, at: number, high: number, characters: string): boolean {
  if (at + characters.length > high) return false;
  for (let index = 0; index < characters.length; index += 1) {
    if (text[at + index] !== characters.charCodeAt(index)) return false;
  }
  return true;
}
