import { decisionId, type DecisionRecord, type Phase } from '@sallyport/domain';
import type { RecordedDecision } from './frame.js';
import { utf8Most, writeUtf8 } from './utf8.js';

/**
 * The payload of a `repeat` frame: a decision that differs from an earlier one of its segment in number, phase, text and
 * parameters alone. Most of a session's are.
 *
 *     repeat     = label:u32 seq:u48 shape:u8 text? parameters?
 *     text       = length:u32 utf8            where shape has textFollows; else it is the earlier one's
 *     parameters = count:u16 value*           where shape has parametersFollow
 *     value      = length:i32 utf8            length -1 is null
 *
 * `label` is the `as` of the earlier decision, unique within a recording.
 */
const isExecute = 1;
const textFollows = 2;
const parametersFollow = 4;
const fixedBytes = 11;
const maxParameters = 0xffff;

/** What a repeated decision has in common with an earlier one. */
export interface Labelled {
  readonly label: number;
  readonly text: string;
}

/** At most so many bytes of payload. Undefined: this decision cannot be told as a repetition. */
export function repeatMost({ action, parameters, approvalId }: DecisionRecord): number | undefined {
  if (approvalId !== undefined || (parameters && parameters.length > maxParameters)) return undefined;
  let most = fixedBytes + 4 + utf8Most(action.text);
  if (parameters) {
    most += 2;
    for (const value of parameters) most += 4 + (value === null ? 0 : utf8Most(value));
  }
  return most;
}

/** Writes the payload at `start`. @returns where it ends; -1: a text is no Unicode, which only JSON can tell */
export function writeRepeat(target: Buffer, start: number, like: Labelled, record: DecisionRecord): number {
  const { seq, phase, action, parameters } = record;
  const text = action.text === like.text ? undefined : action.text;
  writeUint32(target, start, like.label);
  target[start + 4] = Math.floor(seq / 0x1_0000_0000) >>> 8;
  target[start + 5] = Math.floor(seq / 0x1_0000_0000);
  writeUint32(target, start + 6, seq);
  target[start + 10] =
    (phase === 'execute' ? isExecute : 0) |
    (text === undefined ? 0 : textFollows) |
    (parameters === undefined ? 0 : parametersFollow);
  let at = start + fixedBytes;
  if (text !== undefined) at = writeText(target, at, text);
  if (parameters === undefined || at < 0) return at;
  target[at] = parameters.length >>> 8;
  target[at + 1] = parameters.length;
  at += 2;
  for (const value of parameters) {
    if (value === null) {
      writeUint32(target, at, 0xffff_ffff);
      at += 4;
    } else {
      at = writeText(target, at, value);
      if (at < 0) return at;
    }
  }
  return at;
}

/** @param decisions of the same segment, by their labels. Undefined when the payload is not what it should be. */
export function readRepeat(
  payload: Buffer,
  sessionId: string,
  decisions: ReadonlyMap<number, RecordedDecision>,
): RecordedDecision | undefined {
  if (payload.length < fixedBytes) return undefined;
  const like = decisions.get(payload.readUInt32BE(0));
  if (!like) return undefined;
  const seq = payload.readUIntBE(4, 6);
  const shape = payload[10]!;
  const rest = new Values(payload, fixedBytes);
  const phase: Phase = shape & isExecute ? 'execute' : 'prepare';
  const text = shape & textFollows ? rest.value() : like.text;
  const parameters = shape & parametersFollow ? rest.values() : undefined;
  if (typeof text !== 'string' || !rest.done) return undefined;
  const { parameters: _others, ...common } = like;
  return { ...common, id: decisionId(sessionId, seq), seq, phase, text, ...(parameters && { parameters }) };
}

class Values {
  #broken = false;

  constructor(
    private readonly bytes: Buffer,
    private at: number,
  ) {}

  get done(): boolean {
    return !this.#broken && this.at === this.bytes.length;
  }

  value(): string | null {
    const length = this.#has(4) ? this.bytes.readInt32BE(this.at) : -2;
    this.at += 4;
    if (length === -1) return null;
    if (length < 0 || !this.#has(length)) {
      this.#broken = true;
      return null;
    }
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }

  values(): (string | null)[] {
    const values: (string | null)[] = [];
    let count = this.#has(2) ? this.bytes.readUInt16BE(this.at) : 0;
    this.#broken ||= !this.#has(2);
    this.at += 2;
    for (; count > 0 && !this.#broken; count -= 1) values.push(this.value());
    return values;
  }

  #has(bytes: number): boolean {
    return this.bytes.length - this.at >= bytes;
  }
}

function writeText(target: Buffer, at: number, text: string): number {
  const end = writeUtf8(target, at + 4, text);
  if (end - at - 4 !== text.length && !text.isWellFormed()) return -1;
  writeUint32(target, at, end - at - 4);
  return end;
}

/** Byte by byte: this runs for every request. */
function writeUint32(target: Buffer, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}
