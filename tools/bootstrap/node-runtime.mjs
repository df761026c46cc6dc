import fs from 'node:fs';
import path from 'node:path';
import { npmScript, root, run, say, SetupError } from './host.mjs';

const wanted = 24;

/** The Node that runs the product: the host's own where it is new enough, else the pinned one from tools/runtime. */
export function nodeRuntime() {
  if (Number(process.versions.node.split('.')[0]) >= wanted) return process.execPath;
  const runtime = path.join(root, 'tools/runtime');
  const binary = path.join(runtime, `node_modules/node-linux-${process.arch}/bin/node`);
  const pinned = JSON.parse(fs.readFileSync(path.join(runtime, 'package.json'), 'utf8')).optionalDependencies;
  const version = pinned[`node-linux-${process.arch}`];
  if (installedVersion(runtime) !== version) {
    say(`the Node here is ${process.versions.node}; installing Node ${version} beside it, in tools/runtime`);
    run('installing the pinned Node', process.execPath, [npmScript(), 'ci', '--prefix', runtime, '--no-audit'], {
      cwd: runtime,
    });
  }
  if (!fs.existsSync(binary)) throw new SetupError(`the pinned Node is not at ${binary} after its installation`);
  return binary;
}

function installedVersion(runtime) {
  const manifest = path.join(runtime, `node_modules/node-linux-${process.arch}/package.json`);
  return fs.existsSync(manifest) ? JSON.parse(fs.readFileSync(manifest, 'utf8')).version : undefined;
}
