import type { DecisionRecord, SessionInfo } from '@sallyport/domain';
import { nowMicros } from './clock.js';
import { decisionJson } from './decision-json.js';
import type { FrameBuffer, Page, PageOwner } from './frame-buffer.js';
import { frameHeaderBytes, frameTypes, rawFrameBytes, writeFrameHeader } from './format.js';
import type { SegmentPlace } from './kept-page.js';
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
  /**
   * Asked before so many bytes more are kept where they survive this process: where the first frame goes that the sink does
   * not have. Undefined: they have to be appended at once.
   */
  keep?(bytes: number): SegmentPlace | undefined;
}

/** What is larger is written from where it lies, without a copy, and no page keeps it. Bytes. */
export const copiedMost = 2 * 1024;

/** Encodes one session's recording. The first failure is final: every later `flush` throws it again. */
export class RecordingWriter implements PageOwner {
  #failure: Error | undefined;
  #owed: Buffer | undefined;
  #page: Page | undefined;
  /** After a failure: a page that keeps what is owed, and is full. */
  #owing: Page | undefined;
  /** Of the segment that the next frame goes to. */
  #repeats: Repeats | undefined;
  #lastLabel = 0;

  constructor(
    readonly sessionId: string,
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

  /** Has what is not safe yet kept, or hands it over. Throws when anything of this recording could not be kept, now or earlier. */
  flush(): void {
    if (!this.keep()) this.spill();
    if (this.#failure) throw this.#failure;
  }

  /** False: something is not safe, and this page cannot keep it. Throws nothing. */
  keep(): boolean {
    const page = this.#ownPage();
    const loose = page ? page.length - page.safe : 0;
    if (!page || loose === 0) return true;
    if (!page.kept || loose > copiedMost || this.#failure) return false;
    const place = this.sink.keep?.(loose);
    if (place) page.publish(page.kept, place);
    return place !== undefined;
  }

  /** Hands everything to the sink, but remembers a failure instead of throwing: it is another session's turn. */
  spill(): void {
    const page = this.#ownPage();
    if (page && page.length > page.from) this.#send(page, page.length);
  }

  letGo(): void {
    this.spill();
    if (!this.#failure) this.release();
  }

  /** Lets go of its pages, and of what may still be on them. */
  release(): void {
    for (const page of [this.#ownPage(), this.#owing]) if (page) this.buffer.release(page);
    this.#page = undefined;
    this.#owing = undefined;
  }

  /** Another writer may have taken it meanwhile. */
  #ownPage(): Page | undefined {
    return this.#page?.owner === this ? this.#page : undefined;
  }

  /** Whether it worked or not, the page has no more of it to say. @param end of what goes: at least the page's length */
  #send(page: Page, end: number, rest?: Uint8Array): void {
    const safe = page.safe - page.from;
    const frames = page.bytes.subarray(page.from, end);
    page.sent();
    if (this.#failure) return;
    try {
      this.sink.append(frames, rest, safe);
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      if (safe > 0) this.#owed = Buffer.from(frames.subarray(0, safe));
    }
  }

  /** A page with room for so many bytes, of at most `frameMost`. */
  #reserve(bytes: number): Page {
    let page = this.#ownPage() ?? this.buffer.claim(this);
    if (!page.fits(bytes)) {
      this.#page = page;
      this.spill();
      if (!page.fits(bytes)) page = this.#another(page);
    }
    page.begin();
    return (this.#page = page);
  }

  #another(full: Page): Page {
    // After a failure the page is what keeps the owed frames from being lost with this process.
    if (this.#failure) this.#owing ??= full;
    else this.buffer.release(full);
    return this.buffer.claim(this);
  }

  /** False: nothing was written, it has to be told in full. */
  #repeat(record: DecisionRecord): boolean {
    const repeats = this.#repeats;
    const like = repeats?.find(record);
    const most = like && repeatMost(record);
    if (most === undefined || frameHeaderBytes + most > this.buffer.frameMost) return false;
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
    if (most > this.buffer.frameMost) {
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
      if (part.length > copiedMost) this.#direct(type, part);
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
    this.#send(page, page.length + frameHeaderBytes, payload);
  }
}
