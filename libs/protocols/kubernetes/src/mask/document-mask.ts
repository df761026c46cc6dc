import { MaskError, type StreamMask } from '@sallyport/masking';
import { isJsonObject, memberOf, textMember, type JsonObject } from '../request/json-value.js';
import { HeldBytes } from './held-bytes.js';
import { ListHead } from './list-head.js';
import { elementsKeyOf, listedKind, ObjectMask, type ObjectMaskOptions } from './object-mask.js';
import { parseAnswer } from './parse-answer.js';
import { QuickLook } from './quick-look.js';
import { isBlank, ValueScanner } from './value-scanner.js';

/** Anything that is masked as a whole. Objects are below 2 MB in etcd; what a proxy aggregates may be more. Bytes. */
const maxObjectBytes = 16 * 1024 * 1024;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBracket = 0x5d;
const nothing = Buffer.alloc(0);

/**
 * One answer: an object, or a list whose items are masked one by one as they pass, so that thousands need no memory.
 * Objects that no mask concerns are copied in large slices.
 */
export class DocumentMask implements StreamMask {
  readonly #options: ObjectMaskOptions;
  readonly #mask: ObjectMask;
  readonly #held = new HeldBytes(maxObjectBytes);
  #phase: 'head' | 'elements' | 'tail' = 'head';
  #head: ListHead | undefined = new ListHead();
  #elementsKey: 'items' | 'rows' = 'items';
  #listed = '';
  #quickLook: QuickLook | undefined;
  #scanner: ValueScanner | undefined;
  /** Between two elements: a comma must come. */
  #wantsComma = false;
  #wantsElement = false;

  constructor(options: ObjectMaskOptions) {
    this.#options = options;
    this.#mask = new ObjectMask(options);
  }

  push(chunk: Buffer): Buffer {
    if (this.#phase === 'head') return this.#readHead(chunk);
    if (this.#phase === 'elements') return this.#readElements(chunk, 0, []);
    this.#held.add(chunk);
    return nothing;
  }

  end(): Buffer {
    if (this.#phase === 'elements') throw new MaskError('malformed', 'the answer broke off inside a list');
    const rest = this.#held.take();
    if (rest.length === 0 && this.#phase === 'head') return nothing; // the answer to a HEAD
    return this.#phase === 'head' ? this.#whole(rest) : this.#tail(rest);
  }

  #readHead(chunk: Buffer): Buffer {
    const start = this.#head?.find(chunk) ?? -1;
    if (start < 0) {
      this.#held.add(chunk);
      return nothing;
    }
    this.#held.add(chunk.subarray(0, start));
    const bytes = this.#held.take();
    const head = parseAnswer(Buffer.concat([bytes, Buffer.from(']}')]));
    const kind = textMember(head, 'kind');
    const key = elementsKeyOf(kind);
    if (!isJsonObject(head) || key === undefined || key !== this.#head!.key) {
      // Some other object with a list of that name: it is masked as a whole.
      this.#head = undefined;
      this.#held.add(bytes);
      this.#held.add(chunk.subarray(start));
      return nothing;
    }
    this.#phase = 'elements';
    this.#elementsKey = key;
    this.#listed = listedKind(kind);
    this.#quickLook = QuickLook.of(this.#options, this.#mask, this.#listed);
    const masked = this.#mask.apply(head) ? reopened(head, key) : bytes;
    return this.#readElements(chunk, start, [masked]);
  }

  #readElements(chunk: Buffer, start: number, out: Buffer[]): Buffer {
    let copied = start;
    let at = start;
    // An element that began in an earlier chunk is held: what was copied begins after it.
    let elementStart = start;
    while (at < chunk.length) {
      if (this.#scanner === undefined) {
        const byte = chunk[at]!;
        if (byte === closeBracket) {
          if (this.#wantsElement) throw new MaskError('malformed', 'the answer has a comma before the end of a list');
          out.push(chunk.subarray(copied, at + 1));
          this.#phase = 'tail';
          this.#held.add(chunk.subarray(at + 1));
          return joined(out);
        }
        if (byte !== openBrace) {
          this.#between(byte);
          at += 1;
          continue;
        }
        if (this.#wantsComma) throw new MaskError('malformed', 'the answer lacks a comma in a list');
        this.#scanner = new ValueScanner();
        elementStart = at;
      }
      const end = this.#scanner.scan(chunk, at);
      if (end < 0) {
        out.push(chunk.subarray(copied, elementStart));
        this.#held.add(chunk.subarray(elementStart));
        return joined(out);
      }
      this.#scanner = undefined;
      this.#wantsComma = true;
      this.#wantsElement = false;
      const isWhole = this.#held.length === 0;
      if (!isWhole) this.#held.add(chunk.subarray(elementStart, end));
      const bytes = isWhole ? chunk.subarray(elementStart, end) : this.#held.take();
      const masked = this.#element(bytes);
      if (masked !== bytes || !isWhole) {
        out.push(chunk.subarray(copied, elementStart), masked);
        copied = end;
      }
      at = end;
    }
    out.push(chunk.subarray(copied));
    return joined(out);
  }

  #between(byte: number): void {
    if (isBlank(byte)) return;
    if (byte !== comma || !this.#wantsComma)
      throw new MaskError('malformed', 'the answer lists something that is no object');
    this.#wantsComma = false;
    this.#wantsElement = true;
  }

  #element(bytes: Buffer): Buffer {
    const quick = this.#quickLook?.masked(bytes);
    if (quick) return quick;
    const element = parseAnswer(bytes);
    const changed =
      this.#elementsKey === 'rows' ? this.#mask.applyRow(element) : this.#mask.apply(element, this.#listed);
    return changed ? Buffer.from(JSON.stringify(element)) : bytes;
  }

  #whole(bytes: Buffer): Buffer {
    const value = parseAnswer(bytes);
    if (!isJsonObject(value)) throw new MaskError('malformed', 'the answer is no object');
    return this.#mask.apply(value) ? Buffer.from(JSON.stringify(value)) : bytes;
  }

  /** What follows the list. The server writes nothing there; what would give the list another meaning is refused. */
  #tail(bytes: Buffer): Buffer {
    const rest = parseAnswer(Buffer.concat([Buffer.from('{"":0'), bytes]));
    if (['kind', 'apiVersion', 'items', 'rows', 'columnDefinitions'].some((key) => memberOf(rest, key) !== undefined)) {
      throw new MaskError('malformed', 'the answer says what it lists only after the list');
    }
    if (!this.#mask.apply(rest)) return bytes;
    const masked = JSON.stringify(rest);
    return Buffer.from(masked.slice('{"":0'.length));
  }
}

function joined(pieces: readonly Buffer[]): Buffer {
  const filled = pieces.filter(({ length }) => length > 0);
  return filled.length === 1 ? filled[0]! : Buffer.concat(filled);
}

/** The head of a list as JSON that ends where the elements begin. */
function reopened(head: JsonObject, key: 'items' | 'rows'): Buffer {
  const { [key]: _elements, ...rest } = head;
  return Buffer.from(JSON.stringify({ ...rest, [key]: [] }).slice(0, -']}'.length));
}
