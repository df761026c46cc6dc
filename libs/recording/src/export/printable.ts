/**
 * Control characters, terminal escapes, bidirectional overrides and invisible characters become visible escapes: a recording
 * holds whatever a client or a target sent, and it is read in terminals.
 */
export function printable(text: string, keepLines = false): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    if (keepLines && (character === '\n' || character === '\t')) return character;
    const code = character.codePointAt(0)!;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}
