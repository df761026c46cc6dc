import { MaskError, type StreamMask } from '@sallyport/masking';
import { isJsonObject, memberOf, textMember } from '../request/json-value.js';
import { HeldBytes } from './held-bytes.js';
import { ObjectMask, type ObjectMaskOptions } from './object-mask.js';
import { parseAnswer } from './parse-answer.js';
import { QuickLook } from './quick-look.js';
import { isBlank, ValueScanner } from './value-scanner.js';

/** One object of a watch, the largest that etcd takes many times over. Bytes. */
const maxEventBytes = 8 * 1024 * 1024;
const openBrace = 0x7b;
const newline = Buffer.from('\n');
const nothing = Buffer.alloc(0);

/** A watch: one JSON document after the other. Each is given out whole, masked, or not at all. */
export class EventStreamMask implements StreamMask {
  readonly #mask: ObjectMask;
  readonly #quickLook: QuickLook | undefined;
  readonly #held = new HeldBytes(maxEventBytes);
  #scanner: ValueScanner | undefined;

  constructor(options: ObjectMaskOptions) {
    this.#mask = new ObjectMask(options);
    this.#quickLook = QuickLook.of(options, this.#mask);
  }

  push(chunk: Buffer): Buffer {
    const out: Buffer[] = [];
    for (let at = 0; at < chunk.length;) {
      if (this.#scanner === undefined) {
        if (isBlank(chunk[at]!)) {
          at += 1;
          continue;
        }
        if (chunk[at] !== openBrace) throw new MaskError('malformed', 'a watch holds something that is no object');
        this.#scanner = new ValueScanner();
      }
      const end = this.#scanner.scan(chunk, at);
      this.#held.add(chunk.subarray(at, end < 0 ? chunk.length : end));
      if (end < 0) break;
      out.push(this.#event(this.#held.take()), newline);
      this.#scanner = undefined;
      at = end;
    }
    return out.length === 0 ? nothing : Buffer.concat(out);
  }

  /** What is left of an event that never ended is not given out. */
  end(): Buffer {
    if (this.#scanner) throw new MaskError('malformed', 'the watch broke off inside an event');
    return nothing;
  }

  #event(bytes: Buffer): Buffer {
    const quick = this.#quickLook?.masked(bytes);
    if (quick) return quick;
    const event = parseAnswer(bytes);
    const object = memberOf(event, 'object');
    if (!isJsonObject(event) || !isJsonObject(object) || textMember(event, 'type') === '') {
      throw new MaskError('malformed', 'a watch holds something that is no event');
    }
    return this.#mask.apply(object) ? Buffer.from(JSON.stringify(event)) : bytes;
  }
}
