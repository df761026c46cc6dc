import { copyFileSync } from 'node:fs';
import { startKubernetes } from './start-kubernetes.js';

/**
 * `node libs/testing-kubernetes/dist/main.js FILE`: a cluster to try things on where there is none. Writes the administrator's
 * kubeconfig to FILE and runs until it is told to stop.
 */
const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: main.js FILE (where to write the kubeconfig)\n');
  process.exit(2);
}
const cluster = await startKubernetes({});
copyFileSync(await cluster.kubeconfig(), file);
process.stdout.write(`a cluster to try things on: kubectl --kubeconfig ${file} get pods -A; Ctrl-C ends it\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void cluster.stop().then(() => process.exit(0)));
}
