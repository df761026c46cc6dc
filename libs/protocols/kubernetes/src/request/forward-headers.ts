import { principalRef, type Principal } from '@sallyport/domain';
import type { KubernetesSettings } from '@sallyport/enforcement';
import { forwardedHeaders } from '@sallyport/http-core';
import type { HeaderField } from '@sallyport/http-wire';
import { readableAccept } from './accept.js';
import type { KnownBody } from './read-body.js';
import { RequestFault } from './request-fault.js';
import type { RequestInfo } from './request-info.js';

const informative: ReadonlySet<string> = new Set(['user-agent', 'kubectl-command', 'kubectl-session']);
const conditional: ReadonlySet<string> = new Set(['if-none-match', 'if-modified-since']);

/**
 * The headers that reach the API server, built anew: nothing that names a user is ever taken over (K8-05).
 * @throws RequestFault when the client asks to be somebody else, or takes no answer that can be read
 */
export function headersForward(
  headers: readonly HeaderField[],
  info: RequestInfo,
  body: KnownBody | undefined,
  identity: readonly HeaderField[],
): HeaderField[] {
  // Dropped in silence, the request would be made with rights that the client did not want to use.
  if (info.isResource && headers.some(([name]) => name.startsWith('impersonate-'))) {
    throw new RequestFault(403, 'impersonation is not taken from clients here', 'unsupported');
  }
  if (info.verb === 'proxy') return [...forwardedHeaders(headers), ...identity];
  const kept = headers.filter(([name]) => informative.has(name) || (!info.isResource && conditional.has(name)));
  const accept: HeaderField[] = [['accept', acceptOf(headers, info)]];
  const type: HeaderField[] = body ? [['content-type', body.contentType]] : [];
  return [...kept, ...accept, ...type, ...identity];
}

function acceptOf(headers: readonly HeaderField[], info: RequestInfo): string {
  if (info.verb === 'logs') return '*/*';
  if (info.isResource) return readableAccept(headers);
  // Discovery and health hold nothing that is masked; some of it comes in forms of its own.
  return headers.find(([name]) => name === 'accept')?.[1] ?? '*/*';
}

/**
 * Tells the cluster who asks, if the resource is set up so. The cluster adds `system:authenticated` by itself; no group but
 * the principal's own, each with the prefix, is ever named.
 * @throws RequestFault for a name that no header can hold
 */
export function impersonation(principal: Principal, settings: KubernetesSettings | undefined): HeaderField[] {
  if (!settings?.impersonate) return [];
  if (settings.prefix === '') throw new RequestFault(403, 'impersonation needs a prefix', 'unsupported');
  const named = (name: string): string => {
    const value = `${settings.prefix}${name}`;
    if (!/^[!-~](?:[ -~]*[!-~])?$/.test(value))
      throw new RequestFault(403, 'this name cannot be impersonated', 'unsupported');
    return value;
  };
  const groups = [...new Set(principal.groups)].sort();
  return [
    ['impersonate-user', named(principalRef(principal))],
    ...groups.map((group): HeaderField => ['impersonate-group', named(group)]),
  ];
}
