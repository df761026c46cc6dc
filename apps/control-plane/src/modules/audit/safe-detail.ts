/** Members that hold secrets wherever they stand; only their presence is told. */
const secretMember = /^(password|passphrase|secret|client_?secret|token|key|private_?key|authorization|assertion)$/i;
/** Texts that are secrets wherever they stand: keys of ours, signed tokens, private keys. */
const secretText =
  /\bsp_[0-9A-Za-z]{17}_[0-9A-Za-z]{49}|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*|-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const leftOut = '(left out)';
const maxDepth = 20;

/**
 * The detail without what must not be kept. A second line: callers leave secrets out themselves, and what they forget should
 * not be there for good in a chain that nobody may change.
 */
export function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return secretText.test(value) ? leftOut : value;
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth >= maxDepth) return leftOut;
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1));
  const members = Object.entries(value).map(([name, member]): [string, unknown] => [
    name,
    typeof member === 'string' && secretMember.test(name) ? leftOut : withoutSecrets(member, depth + 1),
  ]);
  return Object.fromEntries(members);
}

const unseen = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A text that is one line and looks like what it is, whoever chose it: what would not show is written as `\u{hex}`. */
export function oneLine(text: string): string {
  return text.replace(unseen, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
}

/** JSON that reads as it is stored: JSON itself escapes only C0 controls (RFC 8259 §7). */
export function visibleJson(json: string): string {
  return json.replace(unseen, (char) =>
    [...Array(char.length).keys()].map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}
