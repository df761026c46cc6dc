import { isIP } from 'node:net';

/**
 * What an IP address is good for. `metadata` are the addresses at which clouds hand their instances credentials, beside
 * those that are link-local anyway; `reserved` is whatever no target can have.
 */
export type AddressClass =
  'public' | 'private' | 'loopback' | 'linkLocal' | 'metadata' | 'unspecified' | 'multicast' | 'reserved' | 'invalid';

/** Alibaba Cloud, Azure's wire server, Oracle Cloud. */
const metadata4 = new Set(['100.100.100.200', '168.63.129.16', '192.0.0.192']);
/** AWS and Google Cloud. */
const metadata6 = new Set(['fd00:ec2:0:0:0:0:0:254', 'fd20:ce:0:0:0:0:0:254']);

/** The class of an address in text, of the IPv4 address within where an IPv6 address carries one. */
export function addressClass(ip: string): AddressClass {
  const plain = plainAddress(ip);
  if (plain === undefined) return 'invalid';
  return plain.includes(':') ? classOf6(groupsOf(plain)) : classOf4(plain.split('.').map(Number));
}

/**
 * The one text of an address: of the IPv4 address within for the forms that lead to one (IPv4-mapped, -compatible and
 * -translated, NAT64, 6to4, ISATAP), since that is where the packets go. Undefined: not an address, or one with a zone.
 */
export function plainAddress(ip: string): string | undefined {
  if (isIP(ip) === 4) return ip;
  if (isIP(ip) !== 6 || ip.includes('%')) return undefined;
  const groups = groupsOf(ip);
  return embedded(groups) ?? groups.map((group) => group.toString(16)).join(':');
}

/**
 * Whether a target that is configured as `host` may be reached at `ip`. Loopback is for a host that says so itself: a name
 * in DNS that leads there was made to.
 */
export function mayDial(host: string, ip: string): boolean {
  const kind = addressClass(ip);
  const name = host.toLowerCase();
  if (name === 'localhost') return kind === 'loopback';
  if (kind === 'loopback') return name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
  return kind === 'public' || kind === 'private';
}

function classOf4(octets: readonly number[]): AddressClass {
  const [a = 0, b = 0] = octets;
  if (metadata4.has(octets.join('.'))) return 'metadata';
  if (a === 0) return 'unspecified';
  if (a === 127) return 'loopback';
  if (a === 169 && b === 254) return 'linkLocal';
  if (a >= 240) return 'reserved';
  if (a >= 224) return 'multicast';
  const isPrivate =
    a === 10 ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 198 && (b === 18 || b === 19));
  return isPrivate ? 'private' : 'public';
}

function classOf6(groups: readonly number[]): AddressClass {
  const [first = 0, second = 0, third = 0] = groups;
  if (metadata6.has(groups.map((group) => group.toString(16)).join(':'))) return 'metadata';
  if (groups.slice(0, 7).every((group) => group === 0)) return groups[7] === 1 ? 'loopback' : 'unspecified';
  if ((first & 0xff00) === 0xff00) return 'multicast';
  if ((first & 0xffc0) === 0xfe80) return 'linkLocal';
  if ((first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfec0) return 'private';
  // Local-use NAT64 (RFC 8215) and Teredo (RFC 4380) lead to IPv4 addresses that cannot be told from here.
  if (first === 0x64 && second === 0xff9b && third === 1) return 'reserved';
  if (first === 0x2001 && second === 0) return 'reserved';
  return 'public';
}

/** The IPv4 address that an IPv6 address stands for: RFC 4291 section 2.5.5, RFC 2765, RFC 6052, RFC 3056, RFC 5214. */
function embedded(groups: readonly number[]): string | undefined {
  const [first, second, third] = groups;
  const zero = (from: number, to: number): boolean => groups.slice(from, to).every((group) => group === 0);
  const last = dotted(groups[6]!, groups[7]!);
  if (zero(0, 5) && groups[5] === 0xffff) return last;
  if (zero(0, 4) && groups[4] === 0xffff && groups[5] === 0) return last;
  if (zero(0, 6) && groups[6] !== 0) return last;
  if (first === 0x64 && second === 0xff9b && zero(2, 6)) return last;
  if (first === 0x2002) return dotted(second!, third!);
  if ((groups[4]! & 0xfdff) === 0 && groups[5] === 0x5efe) return last;
  return undefined;
}

function dotted(high: number, low: number): string {
  return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
}

/** The eight groups of a valid IPv6 address without a zone. */
function groupsOf(ip: string): number[] {
  const [head = '', tail] = ip.split('::') as [string, string?];
  const front = groupsIn(head);
  if (tail === undefined) return front;
  const back = groupsIn(tail);
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
}

function groupsIn(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}
