import { spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@sallyport/testing';

const binary = '/usr/sbin/nginx';
const nobody = 65_534;
const bigBytes = 2 ** 30;

export interface Nginx {
  /** Serves `/order.json` and `/big`. */
  readonly originPort: number;
  /** Reverse proxy before the origin, with connections kept alive on both sides. */
  readonly proxyPort: number;
  stop(): Promise<void>;
}

/**
 * nginx 1.22 of Debian 12.
 * @param document what `/order.json` says. @param workers of the proxy; the origin has one
 */
export async function startNginx(document: string, workers = 1): Promise<Nginx> {
  if (!existsSync(binary)) throw new Error('nginx is missing: apt-get install nginx-light');
  const [originPort, proxyPort] = [await freePort(), await freePort()];
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-nginx-'));
  mkdirSync(join(directory, 'www'));
  writeFileSync(join(directory, 'www/order.json'), document);
  writeFileSync(join(directory, 'www/big'), '');
  truncateSync(join(directory, 'www/big'), bigBytes);
  writeFileSync(
    join(directory, 'origin.conf'),
    configuration(directory, { name: 'origin', workers: 1, server: originServer(directory, originPort) }),
  );
  writeFileSync(
    join(directory, 'proxy.conf'),
    configuration(directory, { name: 'proxy', workers, server: proxyServer(originPort, proxyPort) }),
  );
  const root = process.getuid?.() === 0;
  chmodSync(directory, 0o755);
  if (root)
    for (const path of ['', 'www', 'www/order.json', 'www/big']) chownSync(join(directory, path), nobody, nobody);
  const identity = root ? { uid: nobody, gid: nobody } : {};
  const children = ['origin', 'proxy'].map((name) =>
    spawn(binary, ['-c', join(directory, `${name}.conf`), '-p', directory, '-e', join(directory, `${name}.log`)], {
      stdio: 'ignore',
      ...identity,
    }),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(
      children.map((child) => {
        const ended = new Promise((resolve) => child.once('close', resolve));
        return child.kill('SIGTERM') ? ended : undefined;
      }),
    );
    rmSync(directory, { recursive: true, force: true });
  };
  await Promise.all([originPort, proxyPort].map(listening));
  return { originPort, proxyPort, stop };
}

interface Part {
  readonly name: string;
  readonly workers: number;
  readonly server: string;
}

function configuration(directory: string, { name, workers, server }: Part): string {
  return `daemon off;
worker_processes ${workers};
pid ${directory}/${name}.pid;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nodelay on;
  keepalive_requests 1000000000;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${directory}/${name}-${kind};`).join('\n  ')}
  types { application/json json; }
  default_type application/octet-stream;
  ${server}
}
`;
}

const originServer = (directory: string, port: number): string =>
  `server { listen 127.0.0.1:${port}; root ${directory}/www; open_file_cache max=10; }`;

const proxyServer = (origin: number, port: number): string => `
  upstream origin { server 127.0.0.1:${origin}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }`;

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answered = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => (socket.destroy(), resolve(true))).once('error', () => resolve(false));
    });
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('nginx does not listen');
}
