/** How much the copies of files may take of the memory. Bytes. */
export class CopyBudget {
  #taken = 0;

  /** @param whole the budget that this one is a part of */
  constructor(
    private readonly limit: number,
    private readonly whole?: CopyBudget,
  ) {}

  /** @returns whether there was room; otherwise nothing is taken */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.limit || this.whole?.take(bytes) === false) return false;
    this.#taken += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#taken -= bytes;
    this.whole?.giveBack(bytes);
  }

  get taken(): number {
    return this.#taken;
  }
}

/** One for the process, since its memory is one: whoever opens many files takes no more than a part from the others. */
const allSessions = new CopyBudget(64 << 20);
const perSession = 8 << 20;

export function sessionCopyBudget(): CopyBudget {
  return new CopyBudget(perSession, allSessions);
}
