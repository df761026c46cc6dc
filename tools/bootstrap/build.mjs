import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { root, run, say } from './host.mjs';

const stamp = path.join(root, 'node_modules/.sallyport-build-stamp');
const sources = ['apps', 'libs', 'migrations', 'tsconfig.base.json', 'tsconfig.json', 'package-lock.json'];
const skipped = new Set(['node_modules', 'dist', 'fixtures']);

/** Compiles the workspace unless no source changed since the last time; the check costs a few milliseconds. */
export function build(node) {
  const before = fingerprint();
  const built = fs.existsSync(path.join(root, 'apps/cli/dist/main.js'));
  if (built && fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === before) return;
  say('building');
  fs.rmSync(stamp, { force: true });
  run('the build', node, [path.join(root, 'node_modules/typescript/bin/tsc'), '-b', 'tsconfig.json'], { node });
  fs.writeFileSync(stamp, before);
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const source of sources) add(hash, path.join(root, source));
  return hash.digest('hex');
}

function add(hash, file) {
  const stat = fs.statSync(file);
  if (!stat.isDirectory()) {
    if (!file.endsWith('.test.ts')) hash.update(`${file}\0${stat.size}\0${stat.mtimeMs}\n`);
    return;
  }
  const names = fs.readdirSync(file).sort();
  for (const name of names) if (!skipped.has(name)) add(hash, path.join(file, name));
}
