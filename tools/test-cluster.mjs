/**
 * `npm run test-cluster -- FILE`: the API server that the tests use plays a Kubernetes cluster, and its kubeconfig is written
 * to FILE. After `npm start` has installed and built what it needs.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { main, requireSupportedHost, root } from './bootstrap/host.mjs';
import { nodeRuntime } from './bootstrap/node-runtime.mjs';

await main(() => {
  requireSupportedHost();
  const script = path.join(root, 'libs/testing-kubernetes/dist/main.js');
  const files = process.argv.slice(2).map((file) => path.resolve(file));
  const { status } = spawnSync(nodeRuntime(), ['--no-warnings', script, ...files], { stdio: 'inherit' });
  return status ?? 0;
});
