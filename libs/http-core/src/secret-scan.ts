/** Shorter ones would be found where they are not. Bytes. */
const shortest = 8;
const asterisk = 0x2a;

/**
 * Blots out the credential that the gateway shows to a target wherever the target sends it back: error pages, TRACE,
 * `/debug`. The length stays, so nothing else has to change.
 */
export class SecretScan {
  readonly #secrets: readonly Buffer[];
  readonly #longest: number;

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets.map((secret) => Buffer.from(secret, 'utf8')).filter((bytes) => bytes.length >= shortest);
    this.#longest = Math.max(0, ...this.#secrets.map((bytes) => bytes.length));
  }

  get idle(): boolean {
    return this.#secrets.length === 0;
  }

  text(value: string): string {
    return this.#secrets.reduce(
      (text, secret) => text.replaceAll(secret.toString('utf8'), '*'.repeat(secret.length)),
      value,
    );
  }

  /** For bytes that are all there. They are changed in place. */
  whole(bytes: Buffer): Buffer {
    for (const secret of this.#secrets) blot(bytes, secret);
    return bytes;
  }

  /** For one body, in pieces. */
  stream(): SecretStream {
    return new SecretStream(this.#secrets, this.#longest);
  }
}

export class SecretStream {
  /** The end of what came, where a secret may have begun. */
  #held: Buffer = Buffer.alloc(0);

  constructor(
    private readonly secrets: readonly Buffer[],
    private readonly longest: number,
  ) {}

  push(chunk: Buffer): Buffer {
    if (this.longest === 0) return chunk;
    const bytes = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    for (const secret of this.secrets) blot(bytes, secret);
    const held = this.#begun(bytes);
    // A copy: the rest belongs to somebody else from now on.
    this.#held = held > 0 ? Buffer.from(bytes.subarray(bytes.length - held)) : Buffer.alloc(0);
    return held > 0 ? bytes.subarray(0, bytes.length - held) : bytes;
  }

  end(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return rest;
  }

  /** How many of the last bytes may be the beginning of a secret. */
  #begun(bytes: Buffer): number {
    const from = Math.max(0, bytes.length - this.longest + 1);
    for (let at = from; at < bytes.length; at += 1) {
      const rest = bytes.length - at;
      for (const secret of this.secrets) {
        if (rest < secret.length && bytes[at] === secret[0] && bytes.compare(secret, 0, rest, at) === 0) return rest;
      }
    }
    return 0;
  }
}

function blot(bytes: Buffer, secret: Buffer): void {
  for (let at = bytes.indexOf(secret); at >= 0; at = bytes.indexOf(secret, at + secret.length)) {
    bytes.fill(asterisk, at, at + secret.length);
  }
}
