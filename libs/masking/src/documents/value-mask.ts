import type { MaskMethod } from '@sallyport/domain';
import { ByteOutput } from '../bytes/byte-output.js';
import type { DetectorSet } from '../detectors/detector-set.js';
import { MaskError } from '../mask-error.js';
import type { PathState } from '../paths/path-state.js';
import type { ScalarMasks } from '../scalar-masks.js';
import { stricterMethod } from '../text-mask.js';

export interface ValueMaskOptions {
  readonly root: PathState;
  readonly scalars: ScalarMasks;
  readonly detectors: DetectorSet | undefined;
  readonly maxDepth: number;
}

/** Masks parsed JSON values the way documents are masked. Nothing is changed in place. */
export class ValueMask {
  readonly #out = new ByteOutput();

  constructor(private readonly options: ValueMaskOptions) {}

  mask(value: unknown): unknown {
    return this.#value(value, this.options.root, 0);
  }

  #value(value: unknown, state: PathState, depth: number): unknown {
    if (value === null) return null;
    switch (typeof value) {
      case 'string':
        return state.mask === undefined ? this.#watched(value) : this.hiddenText(state.mask, value);
      case 'number':
        return this.#number(value, state.mask);
      case 'boolean':
        return state.mask === undefined ? value : state.mask === 'null' ? null : false;
      case 'object':
        if (state.settled && state.mask === undefined && !this.options.detectors) return value;
        if (depth === this.options.maxDepth) throw new MaskError('too-deep', 'a value is nested too deep');
        return Array.isArray(value) ? this.#array(value, state, depth) : this.#object(value, state, depth);
      default:
        throw new MaskError('malformed', 'a value that JSON does not have');
    }
  }

  #array(values: readonly unknown[], state: PathState, depth: number): unknown[] {
    return values.map((value, index) => this.#value(value, state.element(index), depth + 1));
  }

  #object(value: object, state: PathState, depth: number): unknown {
    // From entries, a member called `__proto__` is a member.
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, this.#value(member, state.named(name), depth + 1)]),
    );
  }

  #number(value: number, mask: MaskMethod | undefined): number | null {
    if (!Number.isFinite(value)) throw new MaskError('malformed', 'a number that JSON does not have');
    const literal = String(value);
    const method = mask ?? this.options.detectors?.knownNumber(Buffer.from(literal));
    return method === undefined ? value : (JSON.parse(this.options.scalars.number(method, literal)) as number | null);
  }

  #watched(value: string): string {
    const text = Buffer.from(value);
    return this.options.detectors?.mask(text, 0, text.length, this.#out) ? this.#out.take().toString() : value;
  }

  /** @returns null where nothing may stand in the text's place */
  hiddenText(mask: MaskMethod, value: string): string | null {
    const text = Buffer.from(value);
    const found = mask === 'partial' ? this.options.detectors?.strictest(text, 0, text.length) : undefined;
    const masked = this.options.scalars.text(found === undefined ? mask : stricterMethod(mask, found), text);
    return masked && masked.toString();
  }
}
