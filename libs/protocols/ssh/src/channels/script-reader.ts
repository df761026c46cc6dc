import { textOf } from '../connection/wire.js';

/** Longest script that anybody can be asked about. Bytes. */
const maxScript = 1 << 20;

/** Collects what an interpreter would read, until all of it is there. */
export class ScriptReader {
  readonly #pieces: Buffer[] = [];
  #size = 0;
  #settle!: () => void;
  readonly #complete = new Promise<void>((resolve) => (this.#settle = resolve));

  constructor(early: readonly Buffer[]) {
    for (const piece of early) this.push(piece);
  }

  push(bytes: Buffer): void {
    this.#size += bytes.length;
    if (this.#size > maxScript) return this.#settle();
    this.#pieces.push(bytes);
  }

  /** Nothing follows. */
  end(): void {
    this.#settle();
  }

  /** Undefined when it is too long, or no text: what nobody can read, nobody can judge. */
  async text(): Promise<string | undefined> {
    await this.#complete;
    if (this.#size > maxScript) return undefined;
    const text = textOf(Buffer.concat(this.#pieces));
    return text?.includes('\0') ? undefined : text;
  }

  /** What was judged, as it came. */
  bytes(): readonly Buffer[] {
    return this.#pieces;
  }
}
