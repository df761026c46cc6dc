import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { run, say, SetupError } from './host.mjs';

/** The real servers and clients that tests drive: Debian package, and a file that shows it is there. */
const needed = [
  ['postgresql-15', '/usr/lib/postgresql/15/bin/postgres'],
  ['postgresql-client-15', '/usr/lib/postgresql/15/bin/psql'],
  ['pgbouncer', '/usr/sbin/pgbouncer'],
  ['redis-server', '/usr/bin/redis-server'],
  ['openssh-server', '/usr/sbin/sshd'],
  ['openssh-client', '/usr/bin/ssh'],
  ['rsync', '/usr/bin/rsync'],
  ['nginx', '/usr/sbin/nginx'],
  ['nghttp2-client', '/usr/bin/h2load'],
];

/** Installs what is missing when we may, and says exactly what to install when we may not. */
export function installTestServers() {
  const missing = needed.filter(([, file]) => !fs.existsSync(file)).map(([name]) => name);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) {
    throw new SetupError(
      `the tests need packages that are missing. As root on Debian 12: apt-get update && ${command}`,
    );
  }
  say(`installing what the tests run against: ${missing.join(' ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  withoutServices(() => {
    run('apt-get update', 'apt-get', ['update', '-q'], { env });
    run(command, 'apt-get', command.split(' ').slice(1), { env });
  });
  for (const [name, file] of needed) {
    if (!fs.existsSync(file)) throw new SetupError(`${file} is still missing after installing ${name}`);
  }
}

/** The tests start their own servers; a package must not start one of its own on the machine. */
function withoutServices(install) {
  const gate = '/usr/sbin/policy-rc.d';
  if (fs.existsSync(gate)) return install();
  fs.writeFileSync(gate, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    install();
  } finally {
    fs.rmSync(gate, { force: true });
  }
}
