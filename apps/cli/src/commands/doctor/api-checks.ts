import { ApiClient } from '@sallyport/api-client';
import { gatewayPage, whoami, type Gateway } from '@sallyport/api-contract';
import type { ApiSettings } from '../../settings.js';
import { checked, type Check } from './check.js';

/** Readiness also proves the TLS chain: the client trusts the given authority, or the system's, and no other. */
export async function apiChecks({ api, token, ca }: ApiSettings): Promise<Check[]> {
  const timeoutMs = 5000;
  const client = new ApiClient({
    baseUrl: api,
    timeoutMs,
    ...(token !== undefined && { token }),
    ...(ca !== undefined && { ca }),
  });
  try {
    const ready = await checked('API', async () => {
      await client.text('/readyz');
      return `${api} is ready and its certificate is trusted`;
    });
    if (ready.state !== 'ok') return [ready];
    const caller = await checked('token', async () => {
      const { principal, groups } = await client.get('/v1/whoami', whoami);
      return `proves ${principal}, in ${groups.join(', ') || 'no group'}`;
    });
    if (caller.state !== 'ok') return [ready, caller];
    return [ready, caller, ...(await gatewayChecks(client))];
  } finally {
    client.close();
  }
}

async function gatewayChecks(client: ApiClient): Promise<Check[]> {
  let gateways: Gateway[];
  try {
    gateways = await client.all('/v1/gateways', gatewayPage);
  } catch (error) {
    return [{ name: 'gateways', state: 'failed', detail: (error as Error).message }];
  }
  if (gateways.length === 0) return [{ name: 'gateways', state: 'warning', detail: 'none is enrolled' }];
  return gateways.map(({ name, connected, version, lastSeenAt }) => ({
    name: `gateway ${name}`,
    state: connected ? 'ok' : 'failed',
    detail: connected
      ? `connected, version ${version ?? 'unknown'}`
      : `not connected, last seen ${lastSeenAt ?? 'never'}`,
  }));
}
