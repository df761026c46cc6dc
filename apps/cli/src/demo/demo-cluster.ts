import fs from 'node:fs';
import { parse, stringify } from 'yaml';
import { CliError, exitCodes } from '../exit-codes.js';

/** What of a kubeconfig leads to its current cluster. */
interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly contexts?: readonly { readonly name: string; readonly context: { cluster: string; user: string } }[];
  readonly clusters?: readonly { readonly name: string; readonly cluster: Readonly<Record<string, string>> }[];
  readonly users?: readonly { readonly name: string; readonly user: Readonly<Record<string, string>> }[];
}

/** Declares the kubeconfig's current cluster as the resource `cluster`, with policies that show something on it. */
export async function declareCluster(file: string, apply: (text: string) => Promise<void>): Promise<void> {
  await apply(`${stringify(clusterResource(file))}---\n${clusterPolicies}`);
}

function clusterResource(file: string): object {
  const wrong = (why: string): never => {
    throw new CliError(`--kubeconfig ${file}: ${why}`, exitCodes.usage);
  };
  let config: Kubeconfig;
  try {
    config = parse(fs.readFileSync(file, 'utf8')) as Kubeconfig;
  } catch (error) {
    return wrong((error as Error).message);
  }
  const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context;
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  const user = config.users?.find(({ name }) => name === context?.user)?.user;
  if (!cluster?.['server'] || !user) return wrong('its current context names no cluster and user');
  const ca = material(cluster, 'certificate-authority');
  const clientCertificate = material(user, 'client-certificate');
  const clientKey = material(user, 'client-key');
  const token = user['token'] ?? (user['tokenFile'] && fs.readFileSync(user['tokenFile'], 'utf8').trim());
  if (!token && !(clientCertificate && clientKey))
    return wrong('its user has neither a token nor a client certificate');
  return {
    kind: 'Resource',
    name: 'cluster',
    spec: {
      protocol: 'kubernetes',
      labels: { env: 'demo' },
      upstream: {
        server: cluster['server'],
        ...(ca && { ca }),
        ...(cluster['tls-server-name'] && { serverName: cluster['tls-server-name'] }),
      },
      credential: token ? { token: { value: token } } : { clientCertificate, clientKey: { value: clientKey } },
    },
  };
}

/** `NAME-data` in base64, or the file that NAME names. */
function material(of: Readonly<Record<string, string>>, name: string): string | undefined {
  const data = of[`${name}-data`];
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  const file = of[name];
  return file === undefined ? undefined : fs.readFileSync(file, 'utf8');
}

const clusterPolicies = `kind: Policy
name: ci-on-cluster
spec:
  cedar: |
    permit (
      principal in Group::"ci",
      action in [Action::"get", Action::"list", Action::"watch", Action::"logs", Action::"exec"],
      resource in Resource::"cluster"
    );

    @approval("dba")
    @reason("deletes need a second pair of eyes")
    permit (principal in Group::"ci", action == Action::"delete", resource in Resource::"cluster");
---
kind: Policy
name: dba-on-cluster
spec:
  cedar: |
    permit (principal in Group::"dba", action in [Action::"kubernetes"], resource in Resource::"cluster");
`;
