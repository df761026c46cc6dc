export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** Reads `{"Width":80,"Height":24}`; undefined: it is not that. */
export function parseTerminalSize(bytes: Buffer): TerminalSize | undefined {
  if (bytes.length > 256) return undefined;
  try {
    const { Width: width, Height: height } = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    return isSize(width) && isSize(height) ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}

export function renderTerminalSize({ width, height }: TerminalSize): Buffer {
  return Buffer.from(`${JSON.stringify({ Width: width, Height: height })}\n`);
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff;
}

/** Sizes one after another on a stream without other frames. */
export class TerminalSizeReader {
  #rest = '';

  /** Undefined: what came is no size. */
  push(bytes: Buffer): TerminalSize[] | undefined {
    this.#rest += bytes.toString('latin1');
    const sizes: TerminalSize[] = [];
    for (let end = this.#rest.indexOf('}'); end >= 0; end = this.#rest.indexOf('}')) {
      const size = parseTerminalSize(Buffer.from(this.#rest.slice(0, end + 1), 'latin1'));
      if (!size) return undefined;
      sizes.push(size);
      this.#rest = this.#rest.slice(end + 1);
    }
    return this.#rest.length > 256 ? undefined : sizes;
  }
}
