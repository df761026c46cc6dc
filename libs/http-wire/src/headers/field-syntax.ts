/** One entry a byte: 1 where the byte may stand there. */
type ByteTable = Uint8Array;

/** RFC 9110 section 5.6.2: the bytes of a token. */
export const tokenBytes: ByteTable = tableOf((byte) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte)));

/** RFC 9110 section 5.5: VCHAR, obs-text, space and tab. No other control: NUL, CR and LF split messages apart. */
export const fieldValueBytes: ByteTable = tableOf((byte) => byte === 0x09 || (byte >= 0x20 && byte !== 0x7f));

export function isToken(text: string): boolean {
  return text.length > 0 && consistsOf(text, tokenBytes);
}

/** True for what may stand after a field's colon, blanks around it taken off. Characters above U+00FF may not. */
export function isFieldValue(text: string): boolean {
  return (
    consistsOf(text, fieldValueBytes) && !isBlank(text.charCodeAt(0)) && !isBlank(text.charCodeAt(text.length - 1))
  );
}

export function isBlank(code: number | undefined): boolean {
  return code === 0x20 || code === 0x09;
}

function consistsOf(text: string, table: ByteTable): boolean {
  for (let at = 0; at < text.length; at++) if (table[text.charCodeAt(at)] !== 1) return false;
  return true;
}

function tableOf(holds: (byte: number) => boolean): ByteTable {
  return Uint8Array.from({ length: 256 }, (_, byte) => (holds(byte) ? 1 : 0));
}
