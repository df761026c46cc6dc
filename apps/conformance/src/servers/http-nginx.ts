import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freePort } from '@sallyport/testing';

/** A second code base that reads HTTP: nginx on loopback, on a configuration and files of its own. */
export interface NginxServer {
  readonly port: number;
  /** `METHOD target` of every request that it took for one, also of those that it refused. */
  requests(): string[];
  stop(): Promise<void>;
}

const unprivileged = 65_534;

export async function startNginx(): Promise<NginxServer> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-nginx-'));
  const port = await freePort();
  const files = join(directory, 'files');
  mkdirSync(join(directory, 'temporary'));
  mkdirSync(files);
  writeFileSync(join(files, 'page.html'), '<p>a page</p>');
  writeFileSync(join(files, 'data.json'), '{"static":true}');
  writeFileSync(join(directory, 'nginx.conf'), configuration(directory, port));
  for (const each of [directory, files, join(directory, 'temporary')]) chmodSync(each, 0o777);
  const identity = process.getuid?.() === 0 ? { uid: unprivileged, gid: unprivileged } : {};
  const child = spawn('/usr/sbin/nginx', ['-p', directory, '-c', join(directory, 'nginx.conf')], {
    ...identity,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await eventually('nginx serves', async () => {
    if (child.exitCode !== null) throw new Error(`nginx did not start: ${said}`);
    const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined);
    return answer?.ok || undefined;
  });
  return {
    port,
    requests: () =>
      readFileSync(join(directory, 'access.log'), 'utf8')
        .split('\n')
        .filter((line) => line !== '' && line !== 'GET /ready'),
    stop: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function configuration(directory: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${directory}/temporary/${name};`)
    .join(' ');
  return `
daemon off; worker_processes 1; error_log stderr error; pid ${directory}/nginx.pid;
events { worker_connections 512; }
http {
  ${temporary}
  log_format seen escape=none '$request_method $request_uri';
  access_log ${directory}/access.log seen;
  keepalive_timeout 20s; default_type application/json; client_max_body_size 10m;
  types { text/html html; application/json json; }
  server {
    listen 127.0.0.1:${port};
    location = /ready { return 200 'ready'; }
    location /files/ { alias ${directory}/files/; }
    location /admin { return 200 '{"secret":"nginx keeps it"}'; }
    location / { return 200 '{"echo":"$request_method $request_uri","host":"$http_host"}'; }
  }
}
`;
}
