import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubectl, startKubernetes } from '@sallyport/testing-kubernetes';
import type { AuditedRequest, Kubernetes, KubectlResult } from '@sallyport/testing-kubernetes';
import { plantCluster, type ClusterPlan } from './cluster-objects.js';

/** The cluster behind the gateway, as its administrator knows it. */
export interface ClusterTarget extends ClusterPlan {
  /** What a resource is declared with. */
  readonly upstream: { readonly server: string; readonly ca?: string; readonly serverName?: string };
  readonly credential: object;
  /** A secret of the cluster that no client may ever see: the gateway's way in. */
  readonly credentialText: string;
  /** Every request that arrived, oldest first; undefined for a real cluster, which is asked about effects instead. */
  readonly requests: readonly AuditedRequest[] | undefined;
  /** Takes connections away and gives them back; undefined for a real cluster. */
  readonly standIn: Kubernetes | undefined;
  readonly directory: string;
  /** As the administrator, past the gateway. */
  admin(args: readonly string[], input?: string): Promise<KubectlResult>;
  stop(): Promise<void>;
}

/**
 * The stand-in, or the cluster of the kubeconfig that KUBECONFIG_UNDER_TEST names: then with namespaces of this run's own,
 * which are deleted at the end.
 */
export async function startClusterTarget(pods = 0): Promise<ClusterTarget> {
  const file = process.env['KUBECONFIG_UNDER_TEST'];
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-cluster-'));
  const standIn = file ? undefined : await startKubernetes({ pods });
  const kubeconfig = file ?? standIn!.kubeconfig('admin');
  const admin = (args: readonly string[], input = ''): Promise<KubectlResult> =>
    kubectl(args, { kubeconfig, input, timeoutMs: 120_000 });
  const made = async (): Promise<ClusterPlan & Access> => ({
    ...(standIn ? accessTo(standIn) : await accessBy(must(admin))),
    ...(await plantCluster(must(admin), randomBytes(3).toString('hex'))),
  });
  const plan = await made().catch(async (error: unknown) => {
    // What is left open keeps the process of the tests alive.
    await standIn?.stop();
    throw error;
  });
  return {
    ...plan,
    requests: standIn?.requests,
    standIn,
    directory,
    admin,
    stop: async () => {
      if (!standIn) await admin(['delete', 'namespace', '--wait=false', ...Object.values(plan.namespaces)]);
      await standIn?.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

type Access = Pick<ClusterTarget, 'upstream' | 'credential' | 'credentialText'>;
/** Standard output of a command that must succeed. */
export type AdminCommand = (args: readonly string[], input?: string) => Promise<string>;

function must(run: ClusterTarget['admin']): AdminCommand {
  return async (args, input) => {
    const result = await run(args, input);
    if (result.code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${result.stderr}`);
    return result.stdout;
  };
}

function accessTo(standIn: Kubernetes): Access {
  const token = standIn.tokens.admin;
  return {
    upstream: { server: standIn.url, ca: standIn.ca },
    credential: { token: { value: token } },
    credentialText: token,
  };
}

/** What a kubeconfig without helpers and plugins says: an address, and a token or a client certificate. */
async function accessBy(admin: AdminCommand): Promise<Access> {
  const config = JSON.parse(await admin(['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'])) as {
    readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
    readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
  };
  const [{ cluster }, { user }] = [config.clusters[0]!, config.users[0]!];
  const pem = (text: string | undefined): string | undefined => text && Buffer.from(text, 'base64').toString();
  const [ca, clientCertificate, clientKey] = [
    pem(cluster['certificate-authority-data']),
    pem(user['client-certificate-data']),
    pem(user['client-key-data']),
  ];
  const token = user['token'] ?? (user['tokenFile'] && readFileSync(user['tokenFile'], 'utf8').trim());
  const credentialText = token ?? clientKey;
  if (!credentialText) throw new Error('KUBECONFIG_UNDER_TEST must hold a token or a client certificate');
  return {
    upstream: {
      server: cluster['server']!,
      ...(ca && { ca }),
      ...(cluster['tls-server-name'] && { serverName: cluster['tls-server-name'] }),
    },
    credential: token ? { token: { value: token } } : { clientCertificate, clientKey: { value: clientKey } },
    credentialText,
  };
}
