import { MaskError } from '../mask-error.js';
import type { PathState } from '../paths/path-state.js';

/** The arrays and objects that are open around a place, and how far the rules have come in each. */
export class OpenContainers {
  readonly #states: PathState[] = [];
  readonly #objects: boolean[] = [];
  /** Of the element being read. */
  readonly #indexes: number[] = [];
  #depth = 0;

  constructor(private readonly maxDepth: number) {}

  get none(): boolean {
    return this.#depth === 0;
  }

  get inObject(): boolean {
    return this.#objects[this.#depth - 1]!;
  }

  /** The state of the innermost. */
  get state(): PathState {
    return this.#states[this.#depth - 1]!;
  }

  /** @throws MaskError `too-deep` */
  open(state: PathState, object: boolean): void {
    if (this.#depth === this.maxDepth) throw new MaskError('too-deep', 'JSON: nested too deep');
    this.#states[this.#depth] = state;
    this.#objects[this.#depth] = object;
    this.#indexes[this.#depth] = -1;
    this.#depth += 1;
  }

  close(): void {
    this.#depth -= 1;
  }

  /** The state of the innermost array's next element. */
  nextElement(): PathState {
    return this.state.element((this.#indexes[this.#depth - 1]! += 1));
  }
}
