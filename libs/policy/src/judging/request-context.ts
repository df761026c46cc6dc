import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import type { Action, Protocol } from '@sallyport/domain';
import { checkedFacts, factsOf } from '../language/facts.js';
import type { Language } from '../language/vocabulary.js';

/** What a session adds to every request. */
export interface SessionFacts {
  readonly sourceIp: string;
  readonly protocol: Protocol;
  readonly task?: string;
}

type Json = string | number | boolean | Json[] | { [key: string]: Json };

/**
 * The address as policies compare it. A dual-stack listener reports IPv4 clients as `::ffff:10.0.0.1`, which no IPv4 range
 * would contain. Throws when it is not an address.
 */
export function canonicalAddress(text: string): string {
  const address = text.split('%', 1)[0]!;
  const family = isIP(address);
  if (family === 4) return address;
  if (family !== 6) throw new Error('the client address is not an IP address');
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (!mapped) return canonical;
  const [high, low] = [parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** Makes the context of one request; each attribute only when some policy reads it. Throws on facts of the wrong shape. */
export class RequestContext {
  readonly #made = new Map<string, Json | undefined>();
  readonly #digests = new WeakMap<ReadonlySet<string>, string>();

  constructor(
    readonly session: SessionFacts,
    readonly action: Action,
    readonly language: Language,
    readonly now: Date,
  ) {}

  /** The context with the attributes named. An attribute that this request does not have is left out. */
  only(attributes: ReadonlySet<string>): Record<string, Json> {
    const context: Record<string, Json> = {};
    for (const name of attributes) {
      if (!this.#made.has(name)) this.#made.set(name, this.#make(name));
      const value = this.#made.get(name);
      if (value !== undefined) context[name] = value;
    }
    return context;
  }

  /** Equal for contexts that are equal in the attributes named, however large they are. */
  digest(attributes: ReadonlySet<string>): string {
    const known = this.#digests.get(attributes);
    if (known !== undefined) return known;
    const digest = createHash('sha256')
      .update(JSON.stringify(this.only(attributes)))
      .digest('base64url');
    this.#digests.set(attributes, digest);
    return digest;
  }

  #make(name: string): Json | undefined {
    switch (name) {
      case 'time':
        return { __extn: { fn: 'datetime', arg: this.now.toISOString() } };
      case 'hour':
        return this.now.getUTCHours();
      case 'weekday':
        return this.now.getUTCDay() || 7;
      case 'sourceIp':
        return { __extn: { fn: 'ip', arg: canonicalAddress(this.session.sourceIp) } };
      case 'protocol':
        return this.session.protocol;
      case 'task':
        return this.session.task;
      default:
        return this.#facts(name);
    }
  }

  #facts(name: string): Json | undefined {
    const { attribute, shape } = factsOf[this.language];
    // A statement that speaks in several languages reads what each of them has.
    if (name !== attribute) return undefined;
    const given = this.action.context[attribute];
    // Connecting says nothing but who and where. Whatever else comes without its facts was not understood.
    if (given === undefined && this.action.effects.every(({ verb }) => verb === 'connect')) return undefined;
    return checkedFacts(attribute, shape, given);
  }
}
