import { ByteReader, WireError } from '@sallyport/wire-kit';
import { asText, readString, readText } from '../connection/wire.js';

/** RFC 4254 §6.2: what a client says about its terminal. `raw` is passed on as it came. */
export interface Terminal {
  readonly term: string;
  readonly cols: number;
  readonly rows: number;
  readonly raw: Buffer;
}

/** Throws a WireError when it is malformed. */
export function readTerminal(data: Buffer): Terminal {
  const reader = new ByteReader(data);
  const term = readText(reader);
  const [cols, rows] = [reader.uint32(), reader.uint32()];
  reader.uint32();
  reader.uint32();
  readString(reader);
  reader.done();
  if (!/^[A-Za-z0-9._+-]{0,64}$/.test(term)) throw new WireError('not the name of a terminal');
  return { term, cols, rows, raw: data };
}

/** RFC 4254 §6.7. */
export function readSize(data: Buffer): { readonly cols: number; readonly rows: number } {
  const reader = new ByteReader(data);
  const size = { cols: reader.uint32(), rows: reader.uint32() };
  reader.uint32();
  reader.uint32();
  reader.done();
  return size;
}

const maxVariables = 32;
const allowedName = /^(LANG|LC_[A-Z]{1,32})$/;
const allowedValue = /^[A-Za-z0-9_.,:@=+-]{0,256}$/;

/** The variables that a client may set: its language, nothing that a program would run or load. */
export class Environment {
  readonly #values = new Map<string, string>();

  /** @returns whether the variable is taken */
  set(data: Buffer): boolean {
    const reader = new ByteReader(data);
    const name = readText(reader);
    const value = asText(readString(reader));
    reader.done();
    if (!allowedName.test(name) || !allowedValue.test(value) || this.#values.size >= maxVariables) return false;
    this.#values.set(name, value);
    return true;
  }

  get entries(): readonly (readonly [name: string, value: string])[] {
    return [...this.#values].sort(([one], [other]) => (one < other ? -1 : 1));
  }

  /** As policy sees it. */
  get facts(): readonly string[] {
    return this.entries.map(([name, value]) => `${name}=${value}`);
  }
}
