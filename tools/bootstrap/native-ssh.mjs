import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { npmScript, root, run, say } from './host.mjs';

const folder = path.join(root, 'node_modules/ssh2/lib/protocol/crypto');
const addon = path.join(folder, 'build/Release/sshcrypto.node');
const stamp = path.join(folder, '.sallyport-tried');
const tools = ['make', 'g++', 'python3'];
const limitSeconds = 60;

/**
 * Builds what seals SSH's packets at twice the speed, where a compiler is there. Tried once for each Node; without it SSH
 * works all the same, so nothing of this ever fails a start.
 */
export function buildNativeSsh(node) {
  if (!fs.existsSync(folder)) return;
  const version = spawnSync(node, ['-p', 'process.version + " " + process.versions.openssl.split(".")[0]'], {
    encoding: 'utf8',
  });
  const tried = fs.existsSync(stamp) ? fs.readFileSync(stamp, 'utf8') : '';
  if (fs.existsSync(addon) && tried.startsWith(version.stdout)) return;
  const missing = tools.filter((tool) => spawnSync(tool, ['--version']).error);
  const attempt = `${version.stdout} ${missing.join(' ')}\n`;
  if (tried === attempt) return;
  const why = missing.length > 0 ? `${missing.join(' and ')} not found` : compile(node, version.stdout);
  if (why !== undefined) say(`the native cryptography of SSH was not built (${why}); sessions work, at half the speed`);
  try {
    fs.writeFileSync(stamp, attempt);
  } catch {
    // A checkout that cannot be written to is asked again next time.
  }
}

/** @returns why there is none. Never throws. */
function compile(node, version) {
  try {
    return builtWith(node, version.trim().split(' ')[1]);
  } catch (error) {
    fs.rmSync(addon, { force: true });
    return error.message.replace(/; its output is above$/, '');
  }
}

function builtWith(node, openssl) {
  // From the headers of this very Node: nothing is fetched, and with others the addon would not load.
  const headers = path.resolve(path.dirname(node), '..');
  if (!fs.existsSync(path.join(headers, 'include/node/node.h'))) return 'the headers of this Node are not installed';
  const gyp = path.resolve(path.dirname(npmScript()), '../node_modules/node-gyp/bin/node-gyp.js');
  if (!fs.existsSync(gyp)) return 'this npm brings no node-gyp';
  say('building the native cryptography of SSH');
  // timeout(1) ends the compiler as well, which a child's child would otherwise outlive.
  const limit = ['--kill-after=5', String(limitSeconds), node];
  const build = [gyp, 'rebuild', `--nodedir=${headers}`, `--real_openssl_major=${openssl}`];
  run('node-gyp', 'timeout', [...limit, ...build], { node, cwd: folder, stdio: 'ignore' });
  if (spawnSync(node, ['-e', 'require(process.argv[1])', addon]).status === 0) return undefined;
  fs.rmSync(addon, { force: true });
  return 'it does not load';
}
