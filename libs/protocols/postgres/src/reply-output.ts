import type { ByteSink } from './mask/byte-sink.js';
import { borrowSink, returnSink } from './mask/spare-sinks.js';

const nothing = Buffer.alloc(0);
/** What masks may add to a chunk before its sink has to grow. Bytes. */
const spareRoom = 4096;

/**
 * What the client gets for one chunk of the target's. As long as nothing in it has to change that is a view of the chunk;
 * from the first change on it is one piece of memory of its own: one record and one write either way.
 */
export class ReplyOutput {
  #sink: ByteSink | undefined;
  /** What passes as it is and was not copied yet. */
  #source: Buffer = nothing;
  #start = 0;
  #end = 0;

  pass(source: Buffer, start: number, end: number): void {
    if (start === end) return;
    if (this.#start === this.#end) {
      this.#source = source;
      this.#start = start;
    } else if (source !== this.#source || start !== this.#end) {
      this.#settle();
      this.#source = source;
      this.#start = start;
    }
    this.#end = end;
  }

  /** Where to write what comes next. */
  sink(capacity: number): ByteSink {
    this.#sink ??= borrowSink(capacity + (capacity >> 1) + spareRoom);
    if (this.#start !== this.#end) this.#settle();
    return this.#sink;
  }

  /**
   * Hands over what there is, unless that is nothing, and begins anew.
   * @param send its second argument must be called once nobody reads the bytes any more; there is none where nobody waits for it
   */
  flush(send: (bytes: Buffer, done?: () => void) => void): void {
    const sink = this.#sink;
    if (!sink) {
      if (this.#start === this.#end) return;
      const { length } = this.#source;
      const all = this.#start === 0 && this.#end === length;
      const bytes = all ? this.#source : this.#source.subarray(this.#start, this.#end);
      this.clear();
      return send(bytes);
    }
    if (this.#start !== this.#end) this.#settle();
    this.clear();
    if (sink.length === 0) return returnSink(sink);
    send(sink.finish(), () => returnSink(sink));
  }

  /** Forgets what was not handed over. */
  clear(): void {
    this.#sink = undefined;
    this.#source = nothing;
    this.#start = 0;
    this.#end = 0;
  }

  #settle(): void {
    const source = this.#source;
    this.#sink ??= borrowSink(source.length + (source.length >> 1) + spareRoom);
    this.#sink.append(source, this.#start, this.#end);
    this.#start = this.#end;
  }
}
