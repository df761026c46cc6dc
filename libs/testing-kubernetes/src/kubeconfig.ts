import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { stringify } from 'yaml';

export interface KubeconfigUser {
  readonly token?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  /** Impersonation, as kubectl's `--as` would do. */
  readonly as?: string;
}

/** Writes a kubeconfig of one cluster and one user. @param ca PEM */
export function writeKubeconfig(
  file: string,
  cluster: { readonly url: string; readonly ca: string; readonly namespace?: string },
  user: KubeconfigUser,
): string {
  const encode = (pem: string | undefined): string | undefined => pem && Buffer.from(pem).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: cluster.url, 'certificate-authority-data': encode(cluster.ca) } }],
    users: [
      {
        name: 'test',
        user: {
          token: user.token,
          'client-certificate-data': encode(user.clientCertificate),
          'client-key-data': encode(user.clientKey),
          as: user.as,
        },
      },
    ],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: cluster.namespace } }],
  };
  mkdirSync(dirname(file), { recursive: true });
  // Through JSON: what is undefined is left out.
  writeFileSync(file, stringify(JSON.parse(JSON.stringify(config))), { mode: 0o600 });
  return file;
}
