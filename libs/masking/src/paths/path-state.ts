import type { MaskMethod } from '@sallyport/domain';
import { MaskError } from '../mask-error.js';
import { stricterMethod } from '../text-mask.js';
import type { FieldPath, PathStep } from './field-path.js';
import { foldedName } from './field-path.js';

export interface PathRule {
  readonly path: FieldPath;
  readonly method: MaskMethod;
}
/** A rule whose first `done` steps have been taken. */
interface Progress {
  readonly rule: number;
  readonly done: number;
}
interface Branch {
  readonly name: Uint8Array;
  readonly state: PathState;
}

/** More states than any sensible rules have: only several wildcards after `..` can make more. */
const maxStates = 4_096;
/** Lengths from here on share the last bit of the length filter. */
const lastLengthBit = 31;

/**
 * How far all rules have come at one place of a document. A document is followed by asking each state for the one below;
 * states are made when first reached, and equal ones are one.
 */
export class PathState {
  /** Below and here, nothing differs any more. */
  readonly settled: boolean;
  readonly #open: readonly Progress[];
  readonly #named = new Map<string, PathState>();
  readonly #indexed = new Map<number, PathState>();
  #branches: readonly Branch[] | undefined;
  #lengths = 0;
  #other: PathState | undefined;
  #element: PathState | undefined;

  /** @param mask what is to be done with every scalar from here down */
  constructor(
    private readonly automaton: PathAutomaton,
    open: readonly Progress[],
    readonly mask: MaskMethod | undefined,
  ) {
    this.#open = open;
    this.settled = open.length === 0;
  }

  /** Below the member whose name these bytes are; the name has no escapes. */
  member(bytes: Uint8Array, start: number, end: number): PathState {
    if (this.settled) return this;
    let high = 0;
    for (let at = start; at < end; at += 1) high |= bytes[at]!;
    if (high & 0x80) return this.named(Buffer.from(bytes.subarray(start, end)).toString());
    const branches = (this.#branches ??= this.#makeBranches());
    const length = end - start;
    if ((this.#lengths >>> Math.min(length, lastLengthBit)) & 1) {
      for (const branch of branches) {
        if (branch.name.length === length && isFolded(branch.name, bytes, start)) return branch.state;
      }
    }
    return (this.#other ??= this.#step(() => false));
  }

  /** Below the member of that name. */
  named(name: string): PathState {
    if (this.settled) return this;
    this.#branches ??= this.#makeBranches();
    return this.#named.get(foldedName(name)) ?? (this.#other ??= this.#step(() => false));
  }

  /** Below that element of an array. */
  element(index: number): PathState {
    if (this.settled) return this;
    if (this.#element === undefined) {
      this.#element = this.#step(() => false);
      for (const step of this.#steps()) {
        if (step.kind !== 'index') continue;
        const { index: wanted } = step;
        this.#indexed.set(
          wanted,
          this.#step((next) => next.kind === 'index' && next.index === wanted),
        );
      }
    }
    return this.#indexed.get(index) ?? this.#element;
  }

  #makeBranches(): Branch[] {
    const branches: Branch[] = [];
    for (const step of this.#steps()) {
      if (step.kind !== 'name' || this.#named.has(step.name)) continue;
      const state = this.#step((next) => next.kind === 'name' && next.name === step.name);
      const name = Buffer.from(step.name);
      this.#named.set(step.name, state);
      this.#lengths |= 1 << Math.min(name.length, lastLengthBit);
      branches.push({ name, state });
    }
    return branches;
  }

  #steps(): PathStep[] {
    return this.#open.map(({ rule, done }) => this.automaton.rules[rule]!.path[done]!);
  }

  #step(matches: (step: PathStep) => boolean): PathState {
    const open: Progress[] = [];
    let mask = this.mask;
    for (const progress of this.#open) {
      const { path, method } = this.automaton.rules[progress.rule]!;
      const step = path[progress.done]!;
      if (step.descend) open.push(progress);
      if (step.kind !== 'any' && !matches(step)) continue;
      if (progress.done + 1 < path.length) open.push({ rule: progress.rule, done: progress.done + 1 });
      else mask = mask === undefined ? method : stricterMethod(mask, method);
    }
    return this.automaton.state(open, mask);
  }
}

/** The states of a set of rules. */
export class PathAutomaton {
  readonly root: PathState;
  readonly #states = new Map<string, PathState>();

  constructor(readonly rules: readonly PathRule[]) {
    const open: Progress[] = [];
    let mask: MaskMethod | undefined;
    for (const [rule, { path, method }] of rules.entries()) {
      if (path.length > 0) open.push({ rule, done: 0 });
      else mask = mask === undefined ? method : stricterMethod(mask, method);
    }
    this.root = this.state(open, mask);
  }

  state(open: readonly Progress[], mask: MaskMethod | undefined): PathState {
    const places = new Set(open.map(({ rule, done }) => `${rule}.${done}`));
    const key = `${mask ?? ''} ${[...places].sort().join(' ')}`;
    const known = this.#states.get(key);
    if (known) return known;
    if (this.#states.size >= maxStates)
      throw new MaskError('too-complex', 'the paths of the masked fields are too complex');
    const distinct = open.filter(({ rule, done }) => places.delete(`${rule}.${done}`));
    const state = new PathState(this, distinct, mask);
    this.#states.set(key, state);
    return state;
  }
}

/** Whether ASCII bytes spell a folded name. */
function isFolded(name: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let at = 0; at < name.length; at += 1) {
    let byte = bytes[start + at]!;
    if (byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
    if (byte !== name[at]) return false;
  }
  return true;
}
