import type { HeaderField, ResponseHead } from '@sallyport/http-wire';

/** Hop by hop, or about the connection to the target and not about the one to the client. */
const dropped: ReadonlySet<string> = new Set([
  'alt-svc',
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'proxy-authentication-info',
  'strict-transport-security',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** They speak for a whole origin, which is no single target's where others share it. */
const ofOrigin: ReadonlySet<string> = new Set([
  'clear-site-data',
  'nel',
  'report-to',
  'reporting-endpoints',
  'service-worker-allowed',
]);

/** Where a resource stands at the gateway, as a client sees it. */
export interface PublicPlace {
  /** `/http/orders-api`; empty where the resource has a host of its own. */
  readonly prefix: string;
  /** `https://host:port` of the target, as it may name itself. */
  readonly upstreamOrigin: string;
  /** What the upstream has in front of every path. */
  readonly upstreamPath: string;
}

/** The target's headers as the client may have them. */
export function clientHeaders(head: ResponseHead, place: PublicPlace): HeaderField[] {
  const headers: HeaderField[] = [];
  for (const [name, value] of head.headers) {
    if (dropped.has(name) || (place.prefix !== '' && ofOrigin.has(name))) continue;
    if (name === 'location' || name === 'content-location') headers.push([name, clientLocation(value, place)]);
    else if (name === 'set-cookie') {
      // On one origin with other targets a cookie would be theirs too.
      if (place.prefix === '') headers.push([name, value.replace(/;\s*domain\s*=[^;]*/gi, '')]);
    } else headers.push([name, value]);
  }
  if (place.prefix !== '') isolate(headers);
  return headers;
}

/** No browser runs scripts in these, whatever they hold. */
const inert =
  /^(application\/([\w.-]+\+)?json|application\/(octet-stream|x-ndjson)|image\/(gif|jpeg|png|webp)|text\/(css|csv|event-stream|plain))\s*(;[^,]*)?$/i;

/** Scripts of one target must not act on the origin that others share. */
function isolate(headers: HeaderField[]): void {
  const types = headers.filter(([name]) => name === 'content-type');
  if (types.length !== 1 || !inert.test(types[0]![1])) headers.push(['content-security-policy', 'sandbox']);
  headers.push(['x-content-type-options', 'nosniff']);
}

/** A place at the target becomes the same place at the gateway; any other is left as it is: nothing here follows it. */
function clientLocation(location: string, { prefix, upstreamOrigin, upstreamPath }: PublicPlace): string {
  const own =
    location.startsWith('/') && !location.startsWith('//') ? location : withoutOrigin(location, upstreamOrigin);
  if (own === undefined) return location;
  if (own === upstreamPath || own.startsWith(`${upstreamPath}/`)) return `${prefix}${own.slice(upstreamPath.length)}`;
  return own;
}

function withoutOrigin(location: string, origin: string): string | undefined {
  const url = URL.parse(location);
  return url?.origin === origin ? `${url.pathname}${url.search}${url.hash}` : undefined;
}
