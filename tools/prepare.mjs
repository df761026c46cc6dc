/** All that tests, type check and lint need: Node, dependencies, the build and the real servers. Does what is left to do. */
import { build } from './bootstrap/build.mjs';
import { installDependencies } from './bootstrap/dependencies.mjs';
import { main, requireSupportedHost } from './bootstrap/host.mjs';
import { nodeRuntime } from './bootstrap/node-runtime.mjs';
import { installTestServers } from './bootstrap/test-servers.mjs';

await main(() => {
  requireSupportedHost();
  const node = nodeRuntime();
  installDependencies(node);
  installTestServers();
  build(node);
  return 0;
});
