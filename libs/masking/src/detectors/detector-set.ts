import type { MaskMethod } from '@sallyport/domain';
import type { ByteOutput } from '../bytes/byte-output.js';
import { ScalarMasks } from '../scalar-masks.js';
import { byteClass, digit, endOfRun, isAt, letter, alphanumeric } from './byte-classes.js';
import type { Detector, Finding } from './detector.js';
import { lookBehind } from './detector.js';
import { DetectorStream } from './detector-stream.js';
import { Findings } from './findings.js';

export interface ActiveDetector {
  readonly detector: Detector;
  readonly method: MaskMethod;
}

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
      copied = findings.ends[index]!;
      this.writeMasked(findings.methods[index]!, text, findings.starts[index]!, copied, false, out);
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

  /** @param cut its beginning is no longer known */
  writeMasked(method: MaskMethod, text: Uint8Array, start: number, end: number, cut: boolean, out: ByteOutput): void {
    const blind = (cut || end - start > maxFound) && ScalarMasks.usesValue(method);
    const masked = this.masks.text(blind ? 'redact' : method, text, start, end);
    if (masked) out.all(masked);
  }

  /**
   * Goes on to `certain`, which is the text's end or far enough before what has arrived of it.
   * @param low what is before it is not to be read, @param high nor what is behind that
   */
  advance(findings: Findings, text: Uint8Array, low: number, high: number, certain: number): void {
    if (findings.open && !closeOpen(findings, text, high)) return;
    const actions = this.#actions;
    let at = findings.at;
    while (at < certain) {
      const action = actions[text[at]!]!;
      if (action === 0) at += 1;
      else if (action === isNumber) at = this.#number(findings, text, low, at, high);
      else at = this.#look(this.#groups[action]!, findings, text, low, at, high, at);
    }
    findings.at = at;
  }

  #find(text: Uint8Array, start: number, end: number): Findings {
    this.#whole.restart(start);
    this.advance(this.#whole, text, start, end, end);
    return this.#whole;
  }

  #number(findings: Findings, text: Uint8Array, low: number, at: number, high: number): number {
    const end = endOfRun(text, at, Math.min(high, at + maxNumber), digit);
    if (isAt(text, low, at - 1, high, digit)) return end;
    if (end - at >= longNumber || isAt(text, low, end, high, separator)) {
      this.#look(this.#anyNumber, findings, text, low, at, high, end);
    }
    if (this.#codedNumber.length > 0 && isCoded(text, low, at, high)) {
      this.#look(this.#codedNumber, findings, text, low, at, high, end);
    }
    return end;
  }

  /** Answers where to go on. */
  #look(
    group: readonly ActiveDetector[],
    findings: Findings,
    text: Uint8Array,
    low: number,
    at: number,
    high: number,
    numberEnd: number,
  ): number {
    let next = at + 1;
    const finding = this.#finding;
    for (const { detector, method } of group) {
      finding.open = undefined;
      if (!detector.find(text, low, at, high, finding, numberEnd)) continue;
      findings.add(finding.start, finding.end, method);
      if (!finding.open) continue;
      findings.open = finding.open;
      findings.openFrom = finding.end;
      findings.at = finding.end;
      closeOpen(findings, text, high);
      next = Math.max(next, findings.at);
    }
    return next;
  }
}

/** Whether the open finding ends in this text; if not, it reaches to its end. */
function closeOpen(findings: Findings, text: Uint8Array, high: number): boolean {
  const end = findings.open!.close(text, Math.max(findings.openFrom, findings.at - lookBehind, 0), high);
  if (end >= 0) findings.open = undefined;
  findings.at = end < 0 ? high : end;
  findings.endLast(findings.at);
  return end >= 0;
}

/** Whether the number is behind two letters that begin a word. */
function isCoded(text: Uint8Array, low: number, at: number, high: number): boolean {
  if (!isAt(text, low, at - 1, high, letter) || !isAt(text, low, at - 2, high, letter)) return false;
  return !isAt(text, low, at - 3, high, alphanumeric);
}
