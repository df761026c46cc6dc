/**
 * SSH through the gateway beside SSH without it: `npx tsc -b apps/bench && node apps/bench/dist/ssh.js
 * [--rounds 5] [--megabytes 256] [--sessions 100]`. Needs the build, sshd and ssh.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  finished,
  OpenSsh,
  publicKeyOf,
  startInstallation,
  startSshServer,
  type Installation,
  type SshServer,
} from '@sallyport/testing';
import { recordingsDelivered, residentBytes } from './memory.js';
import { interleave, ratio } from './rounds.js';

const bulkFloor = 0.6;
const growthLimit = 50 * 2 ** 20;
const setups = 10;
const cipher = ['-c', 'aes128-gcm@openssh.com'];

const manifests = (sshd: SshServer): string =>
  [
    {
      kind: 'Resource',
      name: 'box',
      spec: {
        protocol: 'ssh',
        upstream: { host: '127.0.0.1', port: sshd.port, hostKeys: [sshd.hostKey] },
        credential: { username: sshd.username, privateKey: { value: sshd.privateKey } },
      },
    },
    { kind: 'ServiceAccount', name: 'ci', spec: { owner: 'platform@example.com' } },
    {
      kind: 'Policy',
      name: 'commands',
      spec: {
        cedar: `permit (principal == ServiceAccount::"ci", action == Action::"connect", resource);
          permit (principal == ServiceAccount::"ci", action == Action::"exec", resource)
          when { context.ssh.literal && ["head", "echo", "true", "expr", "yes"].contains(context.ssh.program) };`,
      },
    },
  ]
    .map((document) => JSON.stringify(document))
    .join('\n---\n');

/** A way to the same server, with its own way to log in. */
interface Way {
  readonly name: string;
  /** What ssh is told, up to the command. */
  readonly args: readonly string[];
  readonly client: OpenSsh;
}

function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

function waysOf(home: string, sshd: SshServer, { sshPort, directory, keys }: Installation): readonly [Way, Way] {
  const common = { user: sshd.username, token: 'unused' };
  const directly = new OpenSsh(mkdtempSync(join(home, 'direct-')), {
    ...common,
    port: sshd.port,
    hostKey: sshd.hostKey,
  });
  const key = [
    '-i',
    join(sshd.folder, 'user'),
    '-o',
    'PreferredAuthentications=publickey',
    '-o',
    'PubkeyAuthentication=yes',
  ];
  const through = new OpenSsh(mkdtempSync(join(home, 'gateway-')), {
    port: sshPort,
    hostKey: publicKeyOf(join(directory, 'gateway-1/ssh-host.key')),
    user: 'box',
    token: keys['ci']!,
  });
  return [
    { name: 'direct', client: directly, args: directly.target([...cipher, ...key]) },
    { name: 'sallyport', client: through, args: through.target(cipher) },
  ];
}

/** Megabytes a second of a download; what arrives is counted, not kept. */
async function download({ client, args }: Way, megabytes: number): Promise<number> {
  const child = client.spawn('ssh', [...args, `head -c ${megabytes * 2 ** 20} /dev/zero`]);
  child.stdin.end();
  child.stderr.resume();
  let began = 0;
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    began ||= performance.now();
    bytes += chunk.length;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0 || bytes !== megabytes * 2 ** 20) throw new Error(`the download broke off at ${bytes} bytes`);
  return megabytes / ((performance.now() - began) / 1000);
}

/** Milliseconds from nothing to the end of a command that does nothing. */
async function setUp({ client, args }: Way): Promise<number> {
  const began = performance.now();
  for (let turn = 0; turn < setups; turn += 1) {
    const { code, error } = await finished(client.spawn('ssh', [...args, 'true']), '');
    if (code !== 0) throw new Error(`no session: ${error}`);
  }
  return (performance.now() - began) / setups;
}

/** How many of so many sessions at once said and ended with what they should. */
async function together({ client, args }: Way, sessions: number): Promise<number> {
  const one = async (serial: number): Promise<boolean> => {
    // expr ends with 1 where the result is 0, so every other session fails as it should.
    const zero = serial % 2 === 0;
    const command = `expr ${serial} - ${zero ? serial : 0}`;
    const { code, out } = await finished(client.spawn('ssh', [...args, command]), '');
    return code === (zero ? 1 : 0) && out === `${zero ? 0 : serial}\n`;
  };
  const results = await Promise.all(Array.from({ length: sessions }, (_, serial) => one(serial)));
  return results.filter(Boolean).length;
}

/** How much the process grows at most while a client does not read what it asked for. Bytes. */
async function growthUnread({ client, args }: Way, pid: number): Promise<number> {
  const before = residentBytes(pid);
  const child = client.spawn('ssh', [...args, 'yes sallyport']);
  child.stdout.pause();
  let most = before;
  for (let sample = 0; sample < 50; sample += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    most = Math.max(most, residentBytes(pid));
  }
  child.kill('SIGKILL');
  return most - before;
}

async function measure(sshd: SshServer, installation: Installation, home: string): Promise<boolean> {
  const rounds = option('--rounds', 5);
  const megabytes = option('--megabytes', 256);
  const sessions = option('--sessions', 100);
  const [direct, gateway] = waysOf(home, sshd, installation);
  let met = true;
  const verdict = (ok: boolean): string => {
    met &&= ok;
    return ok ? 'met' : 'MISSED';
  };
  console.log(`${rounds} interleaved rounds; ratios are medians (lowest-highest)`);
  const interleaved = (each: (way: Way) => Promise<number>): Promise<Map<string, number[]>> =>
    interleave([direct, gateway], rounds, async (way) => {
      const result = await each(way);
      await recordingsDelivered(installation.healthPort);
      return result;
    });
  await download(gateway, megabytes);
  const rates = await interleaved((way) => download(way, megabytes));
  const bulk = ratio(rates.get('sallyport')!, rates.get('direct')!);
  const best = (name: string): string => Math.max(...rates.get(name)!).toFixed(0);
  console.log(
    `${megabytes} MB down, recorded, ${cipher[1]}: ${bulk.median.toFixed(2)} of OpenSSH alone ` +
      `(${bulk.low.toFixed(2)}-${bulk.high.toFixed(2)}); best MB/s direct ${best('direct')}, sallyport ` +
      `${best('sallyport')}; floor ${bulkFloor}: ${verdict(bulk.median >= bulkFloor)}`,
  );
  const times = await interleaved(setUp);
  const slower = ratio(times.get('sallyport')!, times.get('direct')!);
  console.log(
    `session set-up, one command: ${slower.median.toFixed(2)} times OpenSSH alone ` +
      `(${slower.low.toFixed(2)}-${slower.high.toFixed(2)}); ms direct ${Math.min(...times.get('direct')!).toFixed(0)}, ` +
      `sallyport ${Math.min(...times.get('sallyport')!).toFixed(0)}`,
  );
  const right = await together(gateway, sessions);
  console.log(`${sessions} sessions at once: ${right} right in output and exit code: ${verdict(right === sessions)}`);
  await recordingsDelivered(installation.healthPort);
  const grew = await growthUnread(gateway, installation.gateway.pid);
  console.log(
    `a client that does not read: gateway grew ${(grew / 2 ** 20).toFixed(1)} MB; limit 50 MB: ` +
      verdict(grew < growthLimit),
  );
  return met;
}

async function main(): Promise<boolean> {
  const home = mkdtempSync(join(tmpdir(), 'sallyport-bench-ssh-'));
  const sshd = await startSshServer();
  const installation = await startInstallation({
    manifests: manifests(sshd),
    accounts: ['ci'],
    gatewayEnv: { SALLYPORT_LOG_LEVEL: 'warn', SALLYPORT_SPOOL_MAX_BYTES: String(8 * 2 ** 30) },
  });
  try {
    return await measure(sshd, installation, home);
  } finally {
    await installation.stop();
    await sshd.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

process.exitCode = (await main()) ? 0 : 1;
