import { setFlagsFromString } from 'node:v8';
import { createContext, runInContext } from 'node:vm';

type Native = new (...args: readonly unknown[]) => object;

/** So many are made between two releases: 2,500 key exchanges. */
const releaseEvery = 10_000;

const wrapped = Symbol.for('sallyport.ssh.lasting');

/**
 * Keeps what ssh2's addon makes from the collector, but for moments of our own. Since Node 24 the destructor of an addon's
 * object (`node::ObjectWrap`) aborts the process when no JavaScript context is entered, and none is during a collection
 * that an allocation of compiled code begins: one cipher of an ended session would take every session with it.
 */
export class LastingCiphers {
  readonly #every: number;
  readonly #strong = new Set<object>();
  #weak: WeakRef<object>[] = [];
  #made = 0;
  #collect: (() => void) | undefined;

  /** @param every how many objects are made until those that nobody uses are released */
  constructor(every = releaseEvery) {
    this.#every = every;
  }

  /** How many objects there are, those that nobody uses any more included. */
  get size(): number {
    return this.#strong.size;
  }

  /** Replaces the addon's constructors: must come before anybody takes them from it. Idempotent. */
  cover(addon: Record<string | symbol, unknown>): void {
    if (addon[wrapped]) return;
    addon[wrapped] = true;
    for (const name of Object.keys(addon)) addon[name] = this.#covered(addon[name] as Native);
  }

  #covered(native: Native): unknown {
    const keep = (made: object): object => this.#keep(made);
    // What a constructor returns takes the place of `this`.
    return function (...args: readonly unknown[]): object {
      return keep(new native(...args));
    };
  }

  #keep(made: object): object {
    this.#strong.add(made);
    this.#weak.push(new WeakRef(made));
    this.#made += 1;
    if (this.#made === this.#every) setImmediate(() => this.#release());
    return made;
  }

  /** Here a context is entered. What is still in use somewhere is found again afterwards. */
  #release(): void {
    this.#made = 0;
    this.#collect ??= collector();
    this.#strong.clear();
    this.#collect();
    this.#weak = this.#weak.filter((reference) => {
      const inUse = reference.deref();
      if (inUse) this.#strong.add(inUse);
      return inUse !== undefined;
    });
  }
}

/** A full collection, at once. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const context = createContext({});
  const collect = runInContext('gc', context) as () => void;
  setFlagsFromString('--no-expose-gc');
  return () => {
    collect();
    // Its context has to be there as long as it is.
    void context;
  };
}
