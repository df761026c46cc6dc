import { isToken } from '../headers/field-syntax.js';
import { connectionFields } from '../headers/connection-fields.js';
import { canonicalAuthority } from '../headers/authority.js';
import type { HeaderField } from '../message.js';
import { WireFault } from '../message.js';
import type { RequestLine } from './request-line.js';

export interface RequestFraming {
  readonly authority: string;
  /** Bytes of the body, or that it is chunked. */
  readonly body: number | 'chunked';
  readonly keepAlive: boolean;
  readonly expectsContinue: boolean;
  /** The protocol to switch to, as sent; undefined where no switch is asked for that could be made. */
  readonly upgrade: string | undefined;
  /** The fields that go on to the handler. */
  readonly headers: readonly HeaderField[];
}

/** More digits than any body has; fewer than a number holds exactly. */
const lengthDigits = /^\d{1,15}$/;
const protocolName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+)?$/;
/** Options that say how the connection goes on; any other names a field that ends here. */
const ownOptions: ReadonlySet<string> = new Set(['close', 'upgrade', ...connectionFields]);
/** Whoever says that these end at the next hop wants two readers to frame or route the message differently. */
const notForOneHop: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'host']);

class Fields {
  readonly kept: HeaderField[] = [];
  readonly options = new Set<string>();
  readonly #single = new Map<string, string>();

  constructor(fields: readonly HeaderField[]) {
    for (const field of fields) {
      if (!connectionFields.has(field[0])) this.kept.push(field);
      else if (field[0] === 'connection') this.#connection(field[1]);
      else this.#once(field[0], field[1]);
    }
  }

  one(name: string): string | undefined {
    return this.#single.get(name);
  }

  /** Fields that decide how a message is read may stand once: two readers may choose different ones. */
  #once(name: string, value: string): void {
    if (this.#single.has(name)) {
      if (name !== 'te' && name !== 'trailer') throw new WireFault('repeated-field', `The field ${name} is repeated`);
      return;
    }
    this.#single.set(name, value);
  }

  #connection(value: string): void {
    for (const part of value.split(',')) {
      const option = part.trim().toLowerCase();
      if (!isToken(option)) throw new WireFault('bad-connection', 'The field connection is malformed');
      if (notForOneHop.has(option)) throw new WireFault('bad-connection', `The field ${option} is not for one hop`);
      this.options.add(option);
    }
  }
}

/**
 * What the fields say about the message itself: its body, host and connection (RFC 9112 sections 3.2, 6 and 9).
 * @throws WireFault for every ambiguity
 */
export function requestFraming(line: RequestLine, received: readonly HeaderField[]): RequestFraming {
  const fields = new Fields(received);
  const authority = canonicalAuthority(fields.one('host') ?? '');
  if (authority === undefined) throw new WireFault('bad-host', 'Exactly one valid Host field is needed');
  const body = bodyFraming(fields, line.version);
  const expect = fields.one('expect')?.toLowerCase();
  if (expect !== undefined && expect !== '100-continue') {
    throw new WireFault('bad-expectation', 'Only 100-continue can be expected', 417);
  }
  return {
    authority,
    body,
    keepAlive: line.version === '1.1' && !fields.options.has('close'),
    expectsContinue: expect !== undefined && line.version === '1.1' && body !== 0,
    upgrade: upgradeOf(fields, line.version, body),
    headers: withoutNominated(fields),
  };
}

function bodyFraming(fields: Fields, version: string): number | 'chunked' {
  const length = fields.one('content-length');
  const coding = fields.one('transfer-encoding');
  if (coding !== undefined) {
    if (length !== undefined) throw new WireFault('two-framings', 'Both a length and a transfer coding');
    // HTTP/1.0 has no transfer codings: its servers would read another body (RFC 9112 section 6.1).
    if (version !== '1.1' || coding !== 'chunked') {
      throw new WireFault('bad-transfer-coding', 'Only the chunked transfer coding is served');
    }
    return 'chunked';
  }
  if (length === undefined) return 0;
  if (!lengthDigits.test(length)) throw new WireFault('bad-content-length', 'The length of the body is malformed');
  return Number(length);
}

function upgradeOf(fields: Fields, version: string, body: number | 'chunked'): string | undefined {
  const upgrade = fields.one('upgrade');
  if (upgrade === undefined || version !== '1.1' || !fields.options.has('upgrade')) return undefined;
  // Offers are free to ignore (RFC 9110 section 7.8): HTTP/2 is reached by ALPN, and a list leaves the choice open.
  if (!protocolName.test(upgrade) || /^(?:h2c?|HTTP\/.*|TLS\/.*)$/i.test(upgrade)) return undefined;
  if (body !== 0) throw new WireFault('upgrade-with-body', 'A request to switch protocols must have no body');
  return upgrade;
}

/** RFC 9110 section 7.6.1: fields that Connection names end here. */
function withoutNominated(fields: Fields): readonly HeaderField[] {
  for (const option of fields.options) {
    if (!ownOptions.has(option)) return fields.kept.filter(([name]) => !fields.options.has(name));
  }
  return fields.kept;
}
