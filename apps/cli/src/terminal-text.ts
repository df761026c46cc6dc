/**
 * Characters that make a terminal do or show something else than they say: C0 and C1 controls (escape sequences
 * begin with them), line and paragraph separators, bidirectional overrides and zero-width characters.
 */
const hidden =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;
const tagCharacters = /[\u{e0000}-\u{e007f}]/gu;
const loneSurrogate = /\p{Surrogate}/gu;

/** Text that came from somebody else, on one line: whatever is not plainly visible is written as an escape. */
export function visible(text: string): string {
  return text.replace(hidden, escape).replace(tagCharacters, escape).replace(loneSurrogate, escape);
}

/** Like `visible`, and keeps line breaks and tabs: for statements and transcripts a reader reads as a block. */
export function visibleBlock(text: string): string {
  return text
    .split('\n')
    .map((line) => line.split('\t').map(visible).join('\t'))
    .join('\n');
}

function escape(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
