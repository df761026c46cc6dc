import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../exit-codes.js';
import { writePrivateFile } from '../local/private-file.js';

/** What `sallyport login` leaves, for one control plane. */
export interface StoredLogin {
  readonly accessToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Absent: when the access token ends, the login has to be made anew. */
  readonly refreshToken?: string;
}

/** A command that was killed while it held the lock must not keep the others out for ever. */
const staleLockMs = 30_000;

/** Logins by the control plane's origin, in DIR/logins.json with mode 0600. */
export class StoredLogins {
  readonly #file: string;

  /** @param profile keeps the logins of several people on one machine apart. */
  constructor(
    private readonly data: string,
    private readonly profile?: string,
  ) {
    this.#file = path.join(data, 'logins.json');
  }

  get(api: string): StoredLogin | undefined {
    return this.#read()[this.#key(api)];
  }

  /** @param login undefined forgets what is there. */
  set(api: string, login: StoredLogin | undefined): void {
    fs.mkdirSync(this.data, { recursive: true, mode: 0o700 });
    const key = this.#key(api);
    const { [key]: _before, ...others } = this.#read();
    writePrivateFile(this.#file, `${JSON.stringify({ ...others, ...(login && { [key]: login }) }, undefined, 2)}\n`);
  }

  /**
   * Runs the work while no other command does. A refresh token works once, and showing it a second time looks like theft
   * and ends the login: two commands must not refresh side by side.
   */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    fs.mkdirSync(this.data, { recursive: true, mode: 0o700 });
    const lock = `${this.#file}.lock`;
    const deadline = Date.now() + 2 * staleLockMs;
    for (;;) {
      try {
        fs.closeSync(fs.openSync(lock, 'wx', 0o600));
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        if (isStale(lock)) fs.rmSync(lock, { force: true });
        else if (Date.now() > deadline) throw new CliError(`${lock} is in the way: another command holds it`);
        else await sleep(50);
      }
    }
    try {
      return await work();
    } finally {
      fs.rmSync(lock, { force: true });
    }
  }

  #key(api: string): string {
    const { origin } = new URL(api);
    return this.profile === undefined ? origin : `${origin}#${this.profile}`;
  }

  #read(): Record<string, StoredLogin> {
    let text: string;
    try {
      text = fs.readFileSync(this.#file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw error;
    }
    try {
      const content: unknown = JSON.parse(text);
      if (typeof content !== 'object' || content === null || Array.isArray(content)) return {};
      return Object.fromEntries(
        Object.entries(content).filter((entry): entry is [string, StoredLogin] => isLogin(entry[1])),
      );
    } catch {
      return {};
    }
  }
}

function isStale(lock: string): boolean {
  try {
    return Date.now() - fs.statSync(lock).mtimeMs > staleLockMs;
  } catch {
    return false;
  }
}

function isLogin(value: unknown): value is StoredLogin {
  if (typeof value !== 'object' || value === null) return false;
  const { accessToken, expiresAt, refreshToken } = value as Record<string, unknown>;
  return (
    typeof accessToken === 'string' &&
    typeof expiresAt === 'number' &&
    (refreshToken === undefined || typeof refreshToken === 'string')
  );
}
