import { lookup } from 'node:dns/promises';
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Where a connection is asked to go: an address in its one spelling, or a name in lower case. */
export interface HostRef {
  readonly text: string;
  readonly isAddress: boolean;
}

/** Resolves a name to addresses; the system's resolver unless a test brings its own. */
export type Resolver = (name: string) => Promise<readonly string[]>;

/** Nobody is connected there. The message is fit for the client. */
export class AddressRefusal extends Error {
  override readonly name = 'AddressRefusal';
}

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * One spelling for one place. Undefined for what is neither an address nor a name, so also for `127.1`, `0x7f.1` and
 * addresses with a zone: resolvers read those in ways of their own.
 */
export function hostRef(text: string): HostRef | undefined {
  if (isIPv4(text)) return { text, isAddress: true };
  if (text.includes(':')) {
    const address = text.includes('%') || !isIPv6(text) ? undefined : canonicalIPv6(text);
    return address === undefined ? undefined : { text: address, isAddress: true };
  }
  const name = text.toLowerCase().replace(/\.$/, '');
  const labels = name.split('.');
  const ends = labels.at(-1)!;
  if (name.length > 253 || !labels.every((part) => label.test(part)) || /^(?:\d+|0x[0-9a-f]*)$/.test(ends)) {
    return undefined;
  }
  return { text: name, isAddress: false };
}

/** The one address to connect to, resolved once and checked. Rejects with an AddressRefusal. */
export async function resolveHost(host: HostRef, resolver: Resolver = systemResolver): Promise<string> {
  if (host.isAddress) {
    if (isForbidden(host.text)) throw new AddressRefusal('the address is never connected to');
    return host.text;
  }
  if (host.text === 'localhost') return '127.0.0.1';
  const found = await resolver(host.text).catch(() => []);
  const addresses = found.map((text) => (isIPv4(text) ? text : isIPv6(text) ? canonicalIPv6(text) : undefined));
  const [first] = addresses;
  if (first === undefined) throw new AddressRefusal('the name has no address');
  // One bad answer among good ones is what rebinding looks like.
  for (const address of addresses) {
    if (address === undefined || isForbidden(address) || loopback.check(address, familyOf(address))) {
      throw new AddressRefusal('the name stands for an address that is never connected to');
    }
  }
  return first;
}

const systemResolver: Resolver = async (name) => (await lookup(name, { all: true })).map(({ address }) => address);

/** Link-local, metadata, unspecified, multicast and broadcast. */
const forbidden = new BlockList();
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
forbidden.addSubnet('0.0.0.0', 8, 'ipv4');
forbidden.addSubnet('224.0.0.0', 3, 'ipv4');
forbidden.addAddress('100.100.100.200', 'ipv4');
forbidden.addSubnet('fe80::', 10, 'ipv6');
forbidden.addSubnet('ff00::', 8, 'ipv6');
forbidden.addAddress('::', 'ipv6');
forbidden.addAddress('fd00:ec2::254', 'ipv6');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isForbidden(address: string): boolean {
  if (forbidden.check(address, familyOf(address))) return true;
  const inner = isIPv6(address) ? carriedIPv4(groupsOf(address)) : undefined;
  // What a translator would make of it, loopback too: nobody's loopback is reached through NAT64 or 6to4.
  return inner !== undefined && (forbidden.check(inner, 'ipv4') || loopback.check(inner, 'ipv4'));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

/** Compressed lower case; an IPv4-mapped address is the IPv4 address. */
function canonicalIPv6(text: string): string | undefined {
  const groups = groupsOf(text);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return dotted(groups[6]!, groups[7]!);
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(text: string): number[] {
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::');
  const parse = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const [front, back] = [parse(head), parse(tail ?? '')];
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
}

/** The IPv4 address inside a NAT64 (RFC 6052), 6to4 (RFC 3056) or IPv4-compatible one. */
function carriedIPv4(groups: readonly number[]): string | undefined {
  if (groups[0] === 0x64 && groups[1] === 0xff9b) return dotted(groups[6]!, groups[7]!);
  if (groups[0] === 0x2002) return dotted(groups[1]!, groups[2]!);
  const compatible = groups.slice(0, 6).every((group) => group === 0) && (groups[6] !== 0 || groups[7]! > 1);
  return compatible ? dotted(groups[6]!, groups[7]!) : undefined;
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}
