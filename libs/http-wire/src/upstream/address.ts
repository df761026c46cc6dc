import { lookup as lookupHost } from 'node:dns/promises';
import { isIP } from 'node:net';
import { addressClass, mayDial, plainAddress } from '@sallyport/wire-kit';
import { WireFault } from '../message.js';

export interface TargetAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** The addresses of a host name, as text. */
export type Lookup = (host: string) => Promise<readonly string[]>;

export interface ResolveOptions {
  /** The system's resolver unless told. */
  readonly lookup?: Lookup | undefined;
  /** What may not be dialled beside what nobody may: the control plane's own address. Asked with the plain address. */
  readonly forbidden?: ((address: string, port: number) => boolean) | undefined;
}

/** Labels of letters, digits, hyphens and, as in practice, underscores; no empty label, so no trailing dot. */
const hostName =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/i;
/** What a resolver may take for a number, such as `127.1`, `0x7f.1`, `2130706433`: the URL standard's "ends in a number". */
const endsInNumber = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/i;

/**
 * The addresses at which a target may be dialled, in the order to try. Rejects with a WireFault when the host is neither
 * a name nor an address in its usual form, does not resolve, or leads anywhere that is forbidden: one forbidden address
 * among several condemns the rest, for whoever answers for the name answered with it.
 */
export async function resolveTarget(
  host: string,
  port: number,
  options: ResolveOptions = {},
): Promise<readonly [TargetAddress, ...TargetAddress[]]> {
  const name = bareHost(host);
  if (isIP(name) !== 0) return [guardAddress(name, name, port, options)];
  if (!hostName.test(name) || endsInNumber.test(name)) {
    throw new WireFault('address-form', 'the host of the target is neither a name nor an address', 502);
  }
  const [first, ...others] = await addressesOf(name, options.lookup ?? systemLookup);
  if (first === undefined) throw new WireFault('address-unresolved', 'the host of the target does not resolve', 502);
  return [guardAddress(name, first, port, options), ...others.map((ip) => guardAddress(name, ip, port, options))];
}

/** The one form of an address that is both checked and dialled. Throws a WireFault where it may not be. */
export function guardAddress(host: string, ip: string, port: number, options: ResolveOptions = {}): TargetAddress {
  const address = plainAddress(ip);
  const allowed = address !== undefined && mayDial(host, address) && !options.forbidden?.(address, port);
  if (!allowed) throw new WireFault('address-denied', `the target leads to an address that is ${kindOf(ip)}`, 502);
  return { address, family: isIP(address) === 4 ? 4 : 6 };
}

/** Without the brackets that an IPv6 address has in a URL. */
export function bareHost(host: string): string {
  return (host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host).toLowerCase();
}

function kindOf(ip: string): string {
  const kind = addressClass(ip);
  return kind === 'public' || kind === 'private' ? 'forbidden' : kind;
}

async function addressesOf(name: string, lookup: Lookup): Promise<readonly string[]> {
  try {
    return await lookup(name);
  } catch {
    return [];
  }
}

async function systemLookup(host: string): Promise<readonly string[]> {
  const found = await lookupHost(host, { all: true });
  return found.map((entry) => entry.address);
}
