import { placeBytes, writePlace, type SegmentPlace } from './kept-page.js';

/** Memory that outlives this process. */
export interface KeptPage {
  /** Frames and places, from its first byte on (see kept-page.ts). */
  readonly bytes: Buffer;
  /** From now on so many of the first bytes survive this process. */
  publish(length: number): void;
  /** Nobody writes here any more, and the sink has all of it. */
  leave(): void;
}

export interface KeptPages {
  /** Undefined: all are taken. A page's `bytes` are as many as the buffer's `pageBytes`. */
  take(sessionId: string): KeptPage | undefined;
}

export interface PageOwner {
  readonly sessionId: string;
  /** Hands what is pending to the sink. Throws nothing. */
  spill(): void;
  /** The same, and gives its page up where it can. */
  letGo(): void;
}

/** Frames of one session on their way to its sink. */
export class Page {
  owner: PageOwner | undefined;
  /** Where the next frame begins. */
  length = 0;
  /** Where the frames begin that the sink does not have. */
  from = 0;
  /** Up to here they survive this process. */
  safe = 0;
  #placed = false;

  constructor(
    readonly bytes: Buffer,
    readonly kept?: KeptPage,
  ) {}

  /** Whether so many bytes more would have room. */
  fits(bytes: number): boolean {
    return this.length + (this.kept && !this.#placed ? placeBytes : 0) + bytes <= this.bytes.length;
  }

  /** To be called before a frame is written: on a kept page, what begins a run is where it belongs. */
  begin(): void {
    if (!this.kept || this.#placed) return;
    this.#placed = true;
    this.length += placeBytes;
    this.from = this.length;
    this.safe = this.length;
  }

  /** @param place of the first frame that the sink does not have */
  publish(kept: KeptPage, place: SegmentPlace): void {
    if (this.safe === this.from) writePlace(this.bytes, this.from - placeBytes, place);
    kept.publish(this.length);
    this.safe = this.length;
  }

  /** The sink has what was pending. What was published stays as it is: the sink's file may not be on the disk yet. */
  sent(): void {
    if (!this.kept) this.length = 0;
    else if (this.#placed) this.length = this.safe > this.from ? this.safe : this.from - placeBytes;
    this.#placed = false;
    this.from = this.length;
    this.safe = this.length;
  }
}

/**
 * Frames on their way to files. A few pages serve every session of a process: a session that writes has one to itself, so
 * that what it says of one exchange travels with the next, and gives it up to another once there are more of them than
 * pages. An idle session costs no memory at all.
 */
export class FrameBuffer {
  readonly #pages: Page[] = [];
  readonly #kept = new Set<Page>();
  #next = 0;

  /**
   * @param pageBytes of one page. @param pages at most, each made when it is first needed
   * @param kept pages to be used before these
   */
  constructor(
    readonly pageBytes = 32 * 1024,
    private readonly pages = 128,
    private readonly kept?: KeptPages,
  ) {}

  /** The most that a frame may take of a page. */
  get frameMost(): number {
    return this.pageBytes - placeBytes;
  }

  /** A page for `owner` alone. What another owner has left on it goes to that one's sink first. */
  claim(owner: PageOwner): Page {
    const kept = this.kept?.take(owner.sessionId);
    const page = kept ? new Page(kept.bytes, kept) : this.#ordinary();
    if (kept) this.#kept.add(page);
    page.owner = owner;
    return page;
  }

  /** The page is its owner's no more; the sink has all of it, or never will. */
  release(page: Page): void {
    page.sent();
    page.owner = undefined;
    if (page.kept && this.#kept.delete(page)) page.kept.leave();
  }

  /** Hands over what all owners have left, and takes the pages back; like `spill`, it throws nothing. */
  spillAll(): void {
    for (const page of [...this.#pages, ...this.#kept]) page.owner?.letGo();
  }

  #ordinary(): Page {
    const at = this.#next;
    this.#next = (at + 1) % this.pages;
    const page = (this.#pages[at] ??= new Page(Buffer.allocUnsafeSlow(this.pageBytes)));
    page.owner?.spill();
    return page;
  }
}
