import type { MaskMethod } from '@sallyport/domain';
import type { ByteOutput } from '../bytes/byte-output.js';
import { ScalarMasks } from '../scalar-masks.js';
import { alphanumeric, byteClass, digit, letter } from './byte-classes.js';
import type { Detector, Finding } from './detector.js';
import { lookBehind } from './detector.js';
import { DetectorStream } from './detector-stream.js';
import { Findings } from './findings.js';
import type { Stretch } from './stretch.js';
import { endOfRun, isAt } from './stretch.js';

export interface ActiveDetector {
  readonly detector: Detector;
  readonly method: MaskMethod;
}

const nothing = Buffer.alloc(0);
const firstGroup = 2;
const isNumber = 1;
/** Numbers shorter than this matter only with one of the separators behind them. Digits. */
const longNumber = 13;
const separator = byteClass('-. /()');
/** As much of a number as is looked at. Digits. */
const maxNumber = 64;
/** The shortest of all findings, `::1`. Bytes. */
const shortest = 3;
/** What is found and longer than this is not kept for its pseudonym or its tail. Bytes. */
const maxFound = 4_096;

/** The detectors of one mask, in one pass over the text. */
export class DetectorSet {
  /** Whether numbers of JSON are worth looking at. */
  readonly knowsNumbers: boolean;
  /** By byte: 0 to pass on, 1 for a digit, or the group of detectors that it triggers. */
  readonly #actions = new Uint8Array(256);
  readonly #groups: ActiveDetector[][] = [[], []];
  readonly #anyNumber: readonly ActiveDetector[];
  readonly #codedNumber: readonly ActiveDetector[];
  readonly #finding: Finding = { start: 0, end: 0, open: undefined };
  readonly #whole = new Findings();
  readonly #text: Stretch = { bytes: nothing, low: 0, high: 0 };

  /** @param numeric the one that finds bare numbers */
  constructor(
    active: readonly ActiveDetector[],
    numeric: Detector,
    private readonly masks: ScalarMasks,
  ) {
    this.knowsNumbers = active.some(({ detector }) => detector === numeric);
    this.#anyNumber = active.filter(({ detector }) => detector.numbers === 'any');
    this.#codedNumber = active.filter(({ detector }) => detector.numbers === 'coded');
    if (this.#anyNumber.length + this.#codedNumber.length > 0) {
      for (let byte = 0; byte < 256; byte += 1) if (digit[byte] === 1) this.#actions[byte] = isNumber;
    }
    for (const trigger of new Set(active.flatMap(({ detector }) => [...detector.triggers]))) {
      this.#actions[trigger.charCodeAt(0)] = this.#groups.length;
      this.#groups.push(active.filter(({ detector }) => detector.triggers.includes(trigger)));
    }
    if (this.#groups.length < firstGroup) throw new RangeError('groups start behind the number action');
  }

  /** Writes the masked text to `out`; false, and nothing written, when there is nothing to mask. */
  mask(text: Uint8Array, start: number, end: number, out: ByteOutput): boolean {
    if (end - start < shortest) return false;
    const findings = this.#find(text, start, end);
    if (findings.count === 0) return false;
    let copied = start;
    for (let index = 0; index < findings.count; index += 1) {
      out.bytes(text, copied, findings.starts[index]!);
      this.writeMasked(findings, index, text, out);
      copied = findings.ends[index]!;
    }
    out.bytes(text, copied, end);
    return true;
  }

  /** The strictest method of everything found. */
  strictest(text: Uint8Array, start: number, end: number): MaskMethod | undefined {
    return this.#find(text, start, end).strictest;
  }

  /** What is to be done with a number of JSON. */
  knownNumber(literal: Uint8Array): MaskMethod | undefined {
    return !this.knowsNumbers || literal.length < longNumber ? undefined : this.strictest(literal, 0, literal.length);
  }

  stream(): DetectorStream {
    return new DetectorStream(this, maxFound);
  }

  /** Writes what stands in one finding's place. */
  writeMasked(findings: Findings, index: number, text: Uint8Array, out: ByteOutput): void {
    const start = findings.starts[index]!;
    const end = findings.ends[index]!;
    const method = findings.methods[index]!;
    const unknown = (findings.cut && index === 0) || end - start > maxFound;
    const masked = this.masks.text(unknown && ScalarMasks.usesValue(method) ? 'redact' : method, text, start, end);
    if (masked) out.all(masked);
  }

  /** Goes on to `certain`, which is the text's end or so far before what has arrived of it that nothing can change. */
  advance(findings: Findings, text: Stretch, certain: number): void {
    if (findings.open && !closeOpen(findings, text)) return;
    const actions = this.#actions;
    const { bytes } = text;
    let at = findings.at;
    while (at < certain) {
      const action = actions[bytes[at]!]!;
      if (action === 0) at += 1;
      else if (action === isNumber) at = this.#number(findings, text, at);
      else at = this.#look(this.#groups[action]!, findings, text, at);
    }
    findings.at = at;
  }

  #find(bytes: Uint8Array, low: number, high: number): Findings {
    const text = this.#text;
    text.bytes = bytes;
    text.low = low;
    text.high = high;
    this.#whole.restart(low);
    this.advance(this.#whole, text, high);
    text.bytes = nothing;
    return this.#whole;
  }

  /** Looks at a number once, at its first digit. Answers where to go on. */
  #number(findings: Findings, text: Stretch, at: number): number {
    const end = endOfRun(text, at, digit, maxNumber);
    if (isAt(text, at - 1, digit)) return end;
    if (end - at >= longNumber || isAt(text, end, separator)) this.#look(this.#anyNumber, findings, text, at);
    if (this.#codedNumber.length > 0 && isCoded(text, at)) this.#look(this.#codedNumber, findings, text, at);
    return end;
  }

  /** Answers where to go on. */
  #look(group: readonly ActiveDetector[], findings: Findings, text: Stretch, at: number): number {
    let next = at + 1;
    const finding = this.#finding;
    for (const { detector, method } of group) {
      finding.open = undefined;
      if (!detector.find(text, at, finding)) continue;
      findings.add(finding.start, finding.end, method);
      if (!finding.open) continue;
      findings.open = finding.open;
      findings.openFrom = findings.at = finding.end;
      closeOpen(findings, text);
      next = Math.max(next, findings.at);
    }
    return next;
  }
}

/** Whether the open finding ends in this text; if not, it reaches to its end. */
function closeOpen(findings: Findings, text: Stretch): boolean {
  const end = findings.open!.close(text, Math.max(findings.openFrom, findings.at - lookBehind, text.low));
  if (end >= 0) findings.open = undefined;
  findings.at = end < 0 ? text.high : end;
  findings.endLast(findings.at);
  return end >= 0;
}

/** Whether the number is behind two letters that begin a word. */
function isCoded(text: Stretch, at: number): boolean {
  if (!isAt(text, at - 1, letter) || !isAt(text, at - 2, letter)) return false;
  return !isAt(text, at - 3, alphanumeric);
}
