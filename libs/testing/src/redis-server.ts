import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { freePort } from './free-port.js';
import { unprivileged } from './unprivileged.js';

export interface RedisServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Debian's redis-server, in memory only, on a port of its own. */
export async function startRedis(): Promise<RedisServer> {
  const binary = '/usr/bin/redis-server';
  if (!existsSync(binary)) throw new Error('redis-server is missing: apt-get install redis-server');
  const port = await freePort();
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', '/'];
  const child = spawn(binary, args, { cwd: '/', stdio: 'ignore', ...unprivileged() });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  for (let attempt = 0; !(await answers(port)); attempt += 1) {
    if (child.exitCode !== null || attempt > 100) throw new Error('redis-server did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: async () => {
      process.off('exit', kill);
      if (child.exitCode !== null) return;
      await new Promise((resolve) => child.once('exit', resolve).kill('SIGTERM'));
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (bytes: Buffer) => (socket.destroy(), resolve(bytes.toString().startsWith('+PONG'))));
    socket.once('error', () => resolve(false));
  });
}
