import type { DecisionRecord, SessionInfo } from '@sallyport/domain';
import { nowMicros } from './clock.js';
import { decisionJson } from './decision-json.js';
import { frameHeaderBytes, frameTypes, rawFrameBytes, writeFrameHeader } from './format.js';
import { jsonString } from './json-string.js';

/** Where frames go: a session's current segment. */
export interface SegmentSink {
  /** Appends whole frames, given in one or two pieces. Returns once the operating system has them; throws when it does not. */
  append(frames: Uint8Array, rest?: Uint8Array): void;
}

/**
 * Frames on their way to a file. One buffer serves every session of a process, because between two turns of the event loop
 * only one writes: an idle session then costs no buffer at all.
 */
export class FrameBuffer {
  readonly bytes: Buffer;
  length = 0;
  #owner: RecordingWriter | undefined;

  constructor(capacity = 256 * 1024) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** Makes room for `writer`: what another writer left here goes to that writer's sink first. */
  claim(writer: RecordingWriter): void {
    if (this.#owner === writer) return;
    this.#owner?.spill();
    this.#owner = writer;
  }

  owns(writer: RecordingWriter): boolean {
    return this.#owner === writer;
  }

  release(writer: RecordingWriter): void {
    if (this.#owner === writer) this.#owner = undefined;
  }
}

/** Encodes one session's recording. The first failure is final: every later `flush` throws it again. */
export class RecordingWriter {
  #failure: Error | undefined;

  constructor(
    private readonly buffer: FrameBuffer,
    private readonly sink: SegmentSink,
  ) {}

  get failure(): Error | undefined {
    return this.#failure;
  }

  open(session: SessionInfo): void {
    this.#json(frameTypes.open, JSON.stringify(session));
  }

  decision(record: DecisionRecord): void {
    this.#json(frameTypes.decision, decisionJson(record));
  }

  request(bytes: Uint8Array): void {
    this.#raw(frameTypes.request, bytes);
  }

  response(bytes: Uint8Array): void {
    this.#raw(frameTypes.response, bytes);
  }

  outcome(seq: number, completion: string): void {
    this.#json(frameTypes.outcome, `{"seq":${seq},"completion":${jsonString(completion)}}`);
  }

  note(name: string, detail: Readonly<Record<string, string | number | boolean>>): void {
    this.#json(frameTypes.note, JSON.stringify({ name, detail }));
  }

  close(reason: string, interrupted = false): void {
    this.#json(frameTypes.close, JSON.stringify({ reason, interrupted }));
  }

  /** Hands everything to the sink. Throws when anything of this recording could not be kept, now or earlier. */
  flush(): void {
    if (this.buffer.owns(this)) this.spill();
    if (this.#failure) throw this.#failure;
  }

  /** Like `flush`, but remembers a failure instead of throwing: it is another session's turn. */
  spill(): void {
    const { buffer } = this;
    const pending = buffer.length;
    buffer.length = 0;
    if (pending > 0) this.#append(buffer.bytes.subarray(0, pending));
  }

  #append(frames: Uint8Array, rest?: Uint8Array): void {
    if (this.#failure) return;
    try {
      this.sink.append(frames, rest);
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  #reserve(bytes: number): void {
    this.buffer.claim(this);
    if (this.buffer.length + bytes > this.buffer.bytes.length) this.spill();
  }

  #json(type: number, text: string): void {
    // UTF-8 takes at most three bytes for a UTF-16 unit.
    const most = frameHeaderBytes + text.length * 3;
    if (most > Math.min(rawFrameBytes / 2, this.buffer.bytes.length))
      return this.#direct(type, Buffer.from(text, 'utf8'));
    this.#reserve(most);
    const { buffer } = this;
    const start = buffer.length;
    const length = buffer.bytes.write(text, start + frameHeaderBytes, 'utf8');
    writeFrameHeader(buffer.bytes, start, type, length, nowMicros());
    buffer.length = start + frameHeaderBytes + length;
  }

  #raw(type: number, bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; start += rawFrameBytes) {
      const part = bytes.length <= rawFrameBytes ? bytes : bytes.subarray(start, start + rawFrameBytes);
      // A large piece is written from where it is: one system call, no copy.
      if (part.length > 16 * 1024) this.#direct(type, part);
      else this.#copy(type, part);
    }
  }

  #copy(type: number, payload: Uint8Array): void {
    if (frameHeaderBytes + payload.length > this.buffer.bytes.length) return this.#direct(type, payload);
    this.#reserve(frameHeaderBytes + payload.length);
    const { buffer } = this;
    writeFrameHeader(buffer.bytes, buffer.length, type, payload.length, nowMicros());
    buffer.bytes.set(payload, buffer.length + frameHeaderBytes);
    buffer.length += frameHeaderBytes + payload.length;
  }

  #direct(type: number, payload: Uint8Array): void {
    this.#reserve(frameHeaderBytes);
    const { buffer } = this;
    writeFrameHeader(buffer.bytes, buffer.length, type, payload.length, nowMicros());
    const pending = buffer.length + frameHeaderBytes;
    buffer.length = 0;
    this.#append(buffer.bytes.subarray(0, pending), payload);
  }
}
