/** What `@approval` and its companions ask for. */
export interface ApprovalRule {
  /** Sorted, without duplicates. */
  readonly groups: readonly string[];
  readonly quorum: number;
  readonly expiresInSeconds: number;
}
export interface StatementNotes {
  readonly approval?: ApprovalRule;
  readonly reason?: string;
  readonly id?: string;
}
export type NotesResult =
  { readonly ok: true; readonly notes: StatementNotes } | { readonly ok: false; readonly message: string };

/** How long an approval may wait where `@expires` says nothing. Seconds. */
export const defaultExpirySeconds = 30 * 60;
const maxExpirySeconds = 24 * 60 * 60;
const known = new Set(['approval', 'quorum', 'expires', 'reason', 'id']);
const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
// Controls, bidirectional marks and zero-width characters: a reviewer must read what is written.
const unreadable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** Reads a statement's annotations; a misspelt or misplaced one is an error, never ignored. */
export function readAnnotations(annotations: Readonly<Record<string, string | null>>): NotesResult {
  const no = (message: string): NotesResult => ({ ok: false, message });
  for (const [name, value] of Object.entries(annotations)) {
    if (!known.has(name))
      return no(`unknown annotation @${name}; known are ${[...known].map((k) => `@${k}`).join(', ')}`);
    if (!value?.trim()) return no(`@${name} needs a value`);
    if (unreadable.test(value)) return no(`@${name} holds a control or invisible character`);
    if (value.length > 500) return no(`@${name} is longer than 500 characters`);
  }
  const { approval, quorum, expires, reason, id } = annotations;
  const common = { ...(reason ? { reason } : {}), ...(id ? { id } : {}) };
  if (!approval) {
    if (quorum || expires) return no(`@${quorum ? 'quorum' : 'expires'} needs @approval beside it`);
    return { ok: true, notes: common };
  }
  const groups = approval.split(',').map((group) => group.trim());
  if (groups.includes('')) return no('@approval lists groups, separated by commas');
  const people = quorum ?? '1';
  if (!/^[1-9]\d?$/.test(people)) return no('@quorum is a whole number from 1 to 99');
  const expiresInSeconds = expires === undefined || expires === null ? defaultExpirySeconds : durationSeconds(expires);
  if (!expiresInSeconds) return no('@expires is a time like "45s", "30m" or "1h", at most 24h');
  const rule = { groups: [...new Set(groups)].sort(), quorum: Number(people), expiresInSeconds };
  return { ok: true, notes: { ...common, approval: rule } };
}

function durationSeconds(text: string): number | undefined {
  const match = /^(\d{1,6})([smh])$/.exec(text);
  const seconds = match ? Number(match[1]) * unitSeconds[match[2]!]! : 0;
  return seconds >= 1 && seconds <= maxExpirySeconds ? seconds : undefined;
}
