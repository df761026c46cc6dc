/**
 * `npm start [-- OPTIONS]`: brings in the pinned Node and the dependencies where they are missing, builds what
 * changed, and runs `sallyport up --demo OPTIONS` in the foreground. Runs on Node 20 and newer, builtins only.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { whenNpmIsGone } from '../apps/cli/bin/npm-watch.mjs';
import { build } from './bootstrap/build.mjs';
import { installDependencies } from './bootstrap/dependencies.mjs';
import { main, requireSupportedHost, root } from './bootstrap/host.mjs';
import { nodeRuntime } from './bootstrap/node-runtime.mjs';

await main(async () => {
  requireSupportedHost();
  const node = nodeRuntime();
  installDependencies(node);
  build(node);
  return foreground(node, [path.join(root, 'apps/cli/bin/sallyport.mjs'), 'up', '--demo', ...process.argv.slice(2)]);
});

/** Runs the product with our terminal and signals. It sees the IPC channel close when this process is killed. */
function foreground(node, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    whenNpmIsGone(() => child.kill('SIGTERM'));
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ? 1 : (code ?? 1)));
  });
}
