import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../cluster.js';
import { at, records, text } from '../kubernetes-object.js';
import type { KubernetesObject } from '../kubernetes-object.js';

/** Nobody, on every system these tests run on. */
const unprivileged = 65_534;

/** Folders that stand for the file systems of containers. */
export class ContainerFolders {
  readonly #root = mkdtempSync(join(tmpdir(), 'sallyport-containers-'));

  constructor() {
    chmodSync(this.#root, 0o755);
  }

  /** The folder of one container, made when it is first asked for. */
  open(pod: KubernetesObject, container: string): string {
    const folder = join(this.#root, `${pod.metadata.namespace ?? ''}_${pod.metadata.name}_${container}`);
    if (existsSync(folder)) return folder;
    for (const name of ['', 'tmp', 'etc', 'app']) own(folder, name);
    writeFileSync(join(folder, 'etc/hostname'), `${pod.metadata.name}\n`);
    writeFileSync(join(folder, 'app/README'), `files of ${container}\n`);
    return folder;
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}

function own(folder: string, name: string): void {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  if (process.getuid?.() === 0) chownSync(path, unprivileged, unprivileged);
}

/** Spawn options that drop root; empty for everyone else. */
export function dropPrivileges(): { uid?: number; gid?: number } {
  return process.getuid?.() === 0 ? { uid: unprivileged, gid: unprivileged } : {};
}

/** The environment of a container: its values, those of secrets and ConfigMaps, and what the kubelet adds. */
export function environmentOf(cluster: Cluster, pod: KubernetesObject, container: string): Record<string, string> {
  const all = [...records(at(pod, 'spec', 'containers')), ...records(at(pod, 'spec', 'ephemeralContainers'))];
  const spec = all.find((candidate) => candidate['name'] === container);
  const environment: Record<string, string> = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOSTNAME: pod.metadata.name,
    HOME: '/',
    KUBERNETES_SERVICE_HOST: '10.96.0.1',
    KUBERNETES_SERVICE_PORT: '443',
  };
  for (const variable of records(spec?.['env'])) {
    environment[text(variable['name'])] = text(variable['value']) || referenced(cluster, pod, variable);
  }
  return environment;
}

function referenced(cluster: Cluster, pod: KubernetesObject, variable: Record<string, unknown>): string {
  const reference = at(variable, 'valueFrom', 'secretKeyRef');
  const secret = cluster.store.get(cluster.kind('', 'secrets'), pod.metadata.namespace, text(at(reference, 'name')));
  return Buffer.from(text(at(secret, 'data', text(at(reference, 'key')))), 'base64').toString();
}
