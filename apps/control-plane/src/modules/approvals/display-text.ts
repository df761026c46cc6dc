/**
 * What a reviewer cannot see or what changes how the rest is drawn: controls (line feed and tab aside), bidirectional
 * overrides, zero-width and other ignorable characters, odd spaces, line separators, unassigned, private and lone surrogates.
 * Unicode TR36 section 2.
 */
const unseen =
  /(?![\n\t ])[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{Zs}\p{Default_Ignorable_Code_Point}\u2800]|\\(?=u\{)/gu;

/**
 * The text with every such character written as `\u{hex}`. No two texts look the same afterwards because of an invisible
 * character: a literal `\u{` has its own backslash escaped, so an escape is never mistaken for text.
 */
export function displayText(text: string): string {
  return text.replace(unseen, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
}
