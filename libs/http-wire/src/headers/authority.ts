/** Labels of letters, digits, `-` and `_`: names as clients use them, and IPv4 addresses. No trailing dot, no userinfo, no escapes. */
const name = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;
/** What stands between the brackets of an IPv6 literal. Zones and future address kinds are not for the wire (RFC 3986 3.2.2). */
const ipv6 = /^[0-9a-f:]{2,39}(?:\d{1,3}(?:\.\d{1,3}){3})?$/;
const portNumber = /^[1-9]\d{0,4}$/;
/** RFC 1035 section 2.3.4. */
const longestName = 253;

/**
 * `host` or `host:port` in the one form that is compared: lower case. Undefined for whatever two readers could take for
 * different hosts: userinfo, percent-encoding, a trailing dot, an empty or padded port.
 */
export function canonicalAuthority(raw: string): string | undefined {
  const authority = raw.toLowerCase();
  const bracket = authority.startsWith('[') ? authority.indexOf(']') : -1;
  const colon = authority.indexOf(':', bracket + 1);
  const host = colon < 0 ? authority : authority.slice(0, colon);
  if (colon >= 0 && !isPort(authority.slice(colon + 1))) return undefined;
  if (bracket > 0) return bracket === host.length - 1 && ipv6.test(host.slice(1, -1)) ? authority : undefined;
  return host.length <= longestName && name.test(host) ? authority : undefined;
}

function isPort(text: string): boolean {
  return portNumber.test(text) && Number(text) <= 65535;
}
