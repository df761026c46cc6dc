import type { DecisionRecord, SessionInfo } from '@sallyport/domain';
import { nowMicros } from './clock.js';
import { decisionJson } from './decision-json.js';
import { frameHeaderBytes, frameTypes, rawFrameBytes, writeFrameHeader } from './format.js';
import { outcomeJson, outcomeMost, writeOutcome } from './outcome-json.js';
import { repeatMost, writeRepeat } from './repeat.js';
import { Repeats } from './repeats.js';
import { utf8Most, writeUtf8 } from './utf8.js';

/** Where frames go: a session's current segment. */
export interface SegmentSink {
  /**
   * Appends whole frames, given in one or two pieces. Returns once the operating system has them; throws when it does not.
   * @param safe so many of the first bytes were kept elsewhere meanwhile
   */
  append(frames: Uint8Array, rest?: Uint8Array, safe?: number): void;
}

interface Page {
  readonly bytes: Buffer;
  length: number;
  /** So many of its first bytes are on the disk already, in another place than the sink's. */
  safe: number;
  owner: RecordingWriter | undefined;
}

/**
 * Frames on their way to files. A few pages serve every session of a process: a session that writes has one to itself, so
 * that what it says of one exchange travels with the next, and gives it up to another once there are more of them than
 * pages. An idle session costs no memory at all.
 */
export class FrameBuffer {
  readonly #pages: Page[] = [];
  #next = 0;

  /** @param pageBytes of one page. @param pages at most, each made when it is first needed */
  constructor(
    readonly pageBytes = 32 * 1024,
    private readonly pages = 128,
  ) {}

  /** A page for `writer` alone. What another writer has left on it goes to that writer's sink first. */
  claim(writer: RecordingWriter): Page {
    const at = this.#next;
    this.#next = (at + 1) % this.pages;
    const page = (this.#pages[at] ??= {
      bytes: Buffer.allocUnsafeSlow(this.pageBytes),
      length: 0,
      safe: 0,
      owner: undefined,
    });
    page.owner?.spill();
    page.owner = writer;
    return page;
  }

  /** Hands over what all writers have left; like `spill`, it throws nothing. */
  spillAll(): void {
    for (const page of this.#pages) page.owner?.spill();
  }
}

/** Encodes one session's recording. The first failure is final: every later `flush` throws it again. */
export class RecordingWriter {
  #failure: Error | undefined;
  #owed: Buffer | undefined;
  #page: Page | undefined;
  /** Of the segment that the next frame goes to. */
  #repeats: Repeats | undefined;
  #lastLabel = 0;

  constructor(
    private readonly sessionId: string,
    private readonly buffer: FrameBuffer,
    private readonly sink: SegmentSink,
  ) {}

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** After a failure: frames that were safe elsewhere, so that somebody counted on them, and that the sink did not take. */
  get owed(): Buffer | undefined {
    return this.#owed;
  }

  open(session: SessionInfo): void {
    this.#json(frameTypes.open, JSON.stringify(session));
  }

  decision(record: DecisionRecord): void {
    if (this.#repeat(record)) return;
    const label = (this.#lastLabel += 1);
    const referable = this.#json(frameTypes.decision, decisionJson(this.sessionId, record, label));
    if (referable && record.approvalId === undefined) (this.#repeats ??= new Repeats()).add(record, label);
  }

  /** To be called whenever the sink begins another segment: frames refer to their own alone. */
  segmentEnded(): void {
    this.#repeats = undefined;
  }

  request(bytes: Uint8Array): void {
    this.#raw(frameTypes.request, bytes);
  }

  response(bytes: Uint8Array): void {
    this.#raw(frameTypes.response, bytes);
  }

  outcome(seq: number, completion: string): void {
    const page = this.#reserve(frameHeaderBytes + outcomeMost);
    const start = page.length + frameHeaderBytes;
    const end = writeOutcome(page.bytes, start, seq, completion);
    if (end < 0) this.#json(frameTypes.outcome, outcomeJson(seq, completion));
    else this.#framed(page, frameTypes.outcome, end - start);
  }

  note(name: string, detail: Readonly<Record<string, string | number | boolean>>): void {
    this.#json(frameTypes.note, JSON.stringify({ name, detail }));
  }

  close(reason: string, interrupted = false): void {
    this.#json(frameTypes.close, JSON.stringify({ reason, interrupted }));
  }

  /** Hands over what is not safe yet. Throws when anything of this recording could not be kept, now or earlier. */
  flush(): void {
    const page = this.#ownPage();
    if (page && page.length > page.safe) this.spill();
    if (this.#failure) throw this.#failure;
  }

  /** Hands everything to the sink, but remembers a failure instead of throwing: it is another session's turn. */
  spill(): void {
    const page = this.#ownPage();
    const pending = page?.length ?? 0;
    if (!page || pending === 0) return;
    const { safe } = page;
    empty(page);
    this.#append(page.bytes.subarray(0, pending), undefined, safe);
  }

  /** Whole frames that are not safe yet, and what precedes them on their way to the sink. Undefined: there are none. */
  get loose(): { readonly frames: Buffer; readonly behind: number } | undefined {
    const page = this.#ownPage();
    if (!page || page.length === page.safe) return undefined;
    return { frames: page.bytes.subarray(page.safe, page.length), behind: page.safe };
  }

  /** Somebody else keeps the loose frames until the sink has them. */
  secured(): void {
    const page = this.#ownPage();
    if (page) page.safe = page.length;
  }

  /** Lets go of the page, and of what may still be on it. */
  release(): void {
    const page = this.#ownPage();
    this.#page = undefined;
    if (!page) return;
    empty(page);
    page.owner = undefined;
  }

  /** Another writer may have taken it meanwhile. */
  #ownPage(): Page | undefined {
    return this.#page?.owner === this ? this.#page : undefined;
  }

  #append(frames: Buffer, rest: Uint8Array | undefined, safe: number): void {
    if (this.#failure) return;
    try {
      this.sink.append(frames, rest, safe);
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      if (safe > 0) this.#owed = Buffer.from(frames.subarray(0, safe));
    }
  }

  /** A page with room for so many bytes, of at most `pageBytes`. */
  #reserve(bytes: number): Page {
    const page = (this.#page = this.#ownPage() ?? this.buffer.claim(this));
    if (page.length + bytes > page.bytes.length) this.spill();
    return page;
  }

  /** False: nothing was written, it has to be told in full. */
  #repeat(record: DecisionRecord): boolean {
    const repeats = this.#repeats;
    const like = repeats?.find(record);
    const most = like && repeatMost(record);
    if (most === undefined || frameHeaderBytes + most > this.buffer.pageBytes) return false;
    const page = this.#reserve(frameHeaderBytes + most);
    // Making room may have ended the segment.
    if (this.#repeats !== repeats) return false;
    const start = page.length + frameHeaderBytes;
    const end = writeRepeat(page.bytes, start, like!, record);
    if (end < 0) return false;
    this.#framed(page, frameTypes.repeat, end - start);
    return true;
  }

  /** False: it went past the page, and may be in a segment that has ended since. */
  #json(type: number, text: string): boolean {
    const most = frameHeaderBytes + utf8Most(text);
    if (most > this.buffer.pageBytes) {
      this.#direct(type, Buffer.from(text, 'utf8'));
      return false;
    }
    const page = this.#reserve(most);
    const start = page.length + frameHeaderBytes;
    this.#framed(page, type, writeUtf8(page.bytes, start, text) - start);
    return true;
  }

  /** Completes a frame whose payload stands on the page already. */
  #framed(page: Page, type: number, length: number): void {
    writeFrameHeader(page.bytes, page.length, type, length, nowMicros());
    page.length += frameHeaderBytes + length;
  }

  #raw(type: number, bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += rawFrameBytes) {
      const part = bytes.length <= rawFrameBytes ? bytes : bytes.subarray(start, start + rawFrameBytes);
      // A large piece is written from where it is: one system call, no copy.
      if (part.length > this.buffer.pageBytes / 2) this.#direct(type, part);
      else this.#copy(type, part);
    }
  }

  #copy(type: number, payload: Uint8Array): void {
    const page = this.#reserve(frameHeaderBytes + payload.length);
    page.bytes.set(payload, page.length + frameHeaderBytes);
    this.#framed(page, type, payload.length);
  }

  #direct(type: number, payload: Uint8Array): void {
    const page = this.#reserve(frameHeaderBytes);
    writeFrameHeader(page.bytes, page.length, type, payload.length, nowMicros());
    const { safe } = page;
    const pending = page.length + frameHeaderBytes;
    empty(page);
    this.#append(page.bytes.subarray(0, pending), payload, safe);
  }
}

function empty(page: Page): void {
  page.length = 0;
  page.safe = 0;
}
