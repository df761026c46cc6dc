import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';

/** Issuers live on the Internet, on internal networks, or beside the control plane. */
const allowedRanges = ['unicast', 'private', 'uniqueLocal', 'carrierGradeNat', 'loopback'];
/** Where clouds answer with credentials of the machine, outside of the link-local range (which has 169.254.169.254). */
const metadataAddresses = ['100.100.100.200', 'fd00:ec2::254', 'fd20:ce::254'].map((text) => ipaddr.parse(text));

/** The address is none that an issuer may have, or the name has no address. */
export class IssuerAddressRefused extends Error {
  override readonly name = 'IssuerAddressRefused';
}

/** Whether a connection may go there. Notations of IPv4 within IPv6 count as the IPv4 address, or not at all. */
export function isAllowedAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (!allowedRanges.includes(address.range())) return false;
  return !metadataAddresses.some((other) => other.kind() === address.kind() && other.toString() === address.toString());
}

/**
 * Every address of a host. The connection is made to these and to no other, so that a name that answers differently the
 * next time changes nothing (DNS rebinding).
 * @throws IssuerAddressRefused when any of them is not allowed.
 */
export async function resolveIssuerHost({ hostname: host, protocol }: URL): Promise<LookupAddress[]> {
  const literal = host.replace(/^\[(.*)\]$/, '$1');
  const found = ipaddr.isValid(literal)
    ? [{ address: literal, family: literal.includes(':') ? 6 : 4 }]
    : await lookup(host, { all: true });
  if (found.length === 0) throw new IssuerAddressRefused(`${host} has no address`);
  const isAllowed = protocol === 'http:' ? isLoopbackAddress : isAllowedAddress;
  const refused = found.find(({ address }) => !isAllowed(address));
  if (refused) throw new IssuerAddressRefused(`${host} is at ${refused.address}, where no issuer may be`);
  return found;
}

/** Whether a URL may be asked at all: https, or http where the answer cannot leave this machine. */
export function isAllowedUrl(url: URL): boolean {
  if (url.username || url.password) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
}

function isLoopbackHost(hostname: string): boolean {
  return ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}

/** Also of what the name localhost leads to. */
function isLoopbackAddress(text: string): boolean {
  return ipaddr.isValid(text) && ipaddr.process(text).range() === 'loopback';
}
