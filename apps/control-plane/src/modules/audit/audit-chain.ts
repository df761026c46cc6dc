import { createHash } from 'node:crypto';

/** One link as it is stored. */
export interface AuditLink {
  readonly seq: number;
  readonly body: string;
  readonly previousHash: string;
  readonly hash: string;
}

/** What the first entry follows. */
export const genesisHash = '0'.repeat(64);

/** SHA-256, hex, over the hash before and the exact text of the entry, which holds its number. */
export function auditHash(previousHash: string, body: string): string {
  return createHash('sha256').update(previousHash).update('\n').update(body).digest('hex');
}

export interface AuditFacts {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly detail: unknown;
}

/** JSON with its keys in this one order, so that the text is made once and hashed as it is stored. */
export function auditBody(facts: AuditFacts): string {
  const { seq, at, actor, action, target, detail } = facts;
  return JSON.stringify({ seq, at, actor, action, target, detail: detail ?? null });
}

/** A head that somebody noted: so many entries, the last with this hash. */
export interface NotedHead {
  readonly entries: number;
  readonly hash: string;
}

/** Checks links one after the other, in order, from the first. */
export class AuditVerifier {
  #head = genesisHash;
  #entries = 0;
  #brokenAt: number | undefined;

  /** @param noted where given, a chain that was cut before it, or that went another way, does not hold */
  constructor(private readonly noted?: NotedHead) {}

  /** False as soon as the chain no longer holds: changed, removed, inserted or reordered entries all break it. */
  accept(link: AuditLink, columns: Omit<AuditFacts, 'seq' | 'detail'>): boolean {
    if (this.#brokenAt !== undefined) return false;
    const holds =
      link.seq === this.#entries + 1 &&
      link.previousHash === this.#head &&
      link.hash === auditHash(link.previousHash, link.body) &&
      repeats(link, columns) &&
      (link.seq !== this.noted?.entries || link.hash === this.noted.hash);
    if (!holds) {
      this.#brokenAt = this.#entries + 1;
      return false;
    }
    this.#head = link.hash;
    this.#entries = link.seq;
    return true;
  }

  get result(): { intact: boolean; entries: number; brokenAt: number | null; head: string } {
    const isCut = this.noted !== undefined && this.#entries < this.noted.entries;
    const brokenAt = this.#brokenAt ?? (isCut ? this.#entries + 1 : undefined);
    return {
      intact: brokenAt === undefined,
      entries: this.#entries,
      brokenAt: brokenAt ?? null,
      head: this.#head,
    };
  }
}

/** The columns that searches read say what the hashed text says. */
function repeats(link: AuditLink, columns: Omit<AuditFacts, 'seq' | 'detail'>): boolean {
  try {
    const body = JSON.parse(link.body) as Record<string, unknown>;
    return (
      body['seq'] === link.seq &&
      body['at'] === columns.at &&
      body['actor'] === columns.actor &&
      body['action'] === columns.action &&
      body['target'] === columns.target
    );
  } catch {
    return false;
  }
}
