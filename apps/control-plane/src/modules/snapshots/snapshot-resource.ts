import type { StoredResource } from '@sallyport/api-contract';
import type { PolicySnapshot } from '@sallyport/gateway-contract';
import type { StoredObject } from '../configuration/configuration.js';
import { hasSecret, plainCredential } from '../configuration/resource-secret.js';

type SnapshotResource = PolicySnapshot['resources'][number];

/** One resource as gateways get it: where it is, how to sign in there, what is classified. */
export function snapshotResource(resource: StoredObject<'Resource'>, secret: Buffer | undefined): SnapshotResource {
  const { name, spec, version, createdAt } = resource;
  // Without its secret a resource cannot be served, and a snapshot without the resource would hide the fault.
  if (!secret && hasSecret(spec)) throw new Error(`the secret of resource ${name} is missing`);
  return {
    name,
    protocol: spec.protocol,
    labels: spec.labels,
    upstream: upstreamOf(spec),
    credential: plainCredential(spec, secret?.toString('utf8')),
    classification: spec.classification,
    ...settingsOf(spec),
    // A resource deleted and made again starts over at version 1; the time of its making tells the two apart.
    revision: `${version}.${createdAt.getTime().toString(36)}`,
  };
}

function upstreamOf(spec: StoredResource): SnapshotResource['upstream'] {
  switch (spec.protocol) {
    case 'postgres':
      return spec.upstream;
    case 'ssh':
      return { host: spec.upstream.host, port: spec.upstream.port, tls: 'disable' };
    case 'http': {
      const { url, ca, serverName, http2 } = spec.upstream;
      return { ...webUpstream(url, { ca, serverName }), http2 };
    }
    case 'kubernetes': {
      const { server, ca, serverName } = spec.upstream;
      return webUpstream(server, { ca, serverName });
    }
  }
}

function webUpstream(
  address: string,
  { ca, serverName }: { readonly ca: string | undefined; readonly serverName: string | undefined },
): SnapshotResource['upstream'] {
  const { protocol, hostname, port, pathname } = new URL(address);
  const secure = protocol === 'https:';
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    tls: secure ? 'verify-full' : 'disable',
    path: pathname.replace(/\/+$/, ''),
    ...(ca !== undefined && { ca }),
    ...(serverName !== undefined && { serverName }),
  };
}

function settingsOf(spec: StoredResource): Pick<SnapshotResource, 'http' | 'kubernetes' | 'ssh'> {
  switch (spec.protocol) {
    case 'postgres':
      return {};
    case 'http':
      return { http: spec.http };
    case 'kubernetes':
      return { kubernetes: spec.kubernetes };
    case 'ssh':
      return { ssh: { hostKeys: spec.upstream.hostKeys, logins: spec.ssh.logins } };
  }
}
