import { preparsePolicySet } from '@cedar-policy/cedar-wasm/nodejs';
import type { Slice } from './slice.js';

/**
 * Cedar keeps parsed policy sets inside WebAssembly by name and never forgets a name; it can only be overwritten. So names
 * are slots that slices take turns in, least recently used first, which bounds the memory whatever is published.
 */
export class PreparsedSlots {
  /** In order of use, oldest first. */
  readonly #slots = new Map<Slice, string>();
  readonly #free: string[] = [];
  #made = 0;
  constructor(
    readonly prefix: string,
    readonly capacity: number,
  ) {}

  /** The name under which Cedar holds this slice now. Throws when Cedar refuses it. */
  nameOf(slice: Slice): string {
    const known = this.#slots.get(slice);
    if (known !== undefined) {
      this.#slots.delete(slice);
      this.#slots.set(slice, known);
      return known;
    }
    const name = this.#free.pop() ?? this.#newName() ?? this.#evict();
    const staticPolicies = Object.fromEntries([...slice.byId].map(([id, { text }]) => [id, text]));
    let answer: ReturnType<typeof preparsePolicySet>;
    try {
      answer = preparsePolicySet(name, { staticPolicies });
    } catch (cause) {
      this.#free.push(name);
      throw cause;
    }
    if (answer.type === 'failure') {
      this.#free.push(name);
      throw new Error(`policies cannot be prepared: ${answer.errors[0]?.message ?? 'unknown'}`);
    }
    this.#slots.set(slice, name);
    return name;
  }

  /** Empties the slots of the slices given. */
  release(slices: Iterable<Slice>): void {
    for (const slice of slices) {
      const name = this.#slots.get(slice);
      if (name === undefined) continue;
      this.#slots.delete(slice);
      preparsePolicySet(name, { staticPolicies: {} });
      this.#free.push(name);
    }
  }

  get used(): number {
    return this.#slots.size;
  }

  #newName(): string | undefined {
    if (this.#made >= this.capacity) return undefined;
    this.#made += 1;
    return `${this.prefix}${this.#made}`;
  }

  #evict(): string {
    const [slice, name] = this.#slots.entries().next().value!;
    this.#slots.delete(slice);
    return name;
  }
}
