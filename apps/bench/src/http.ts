import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { startInstallation } from '@sallyport/testing';
import { latencies, percentile } from './latency.js';
import { recordingsDelivered, residentBytes } from './memory.js';
import { startNginx } from './nginx.js';
import { interleave, median, ratio } from './rounds.js';
import { wrk, type WebPeer } from './wrk.js';

const floor = 0.45;
const addedLimitMs = 2;
const growthLimit = 50 * 2 ** 20;
const warmUpSeconds = 5;

/** 1 kB of JSON with two fields that are masked. */
const document = JSON.stringify({
  id: 17,
  status: 'new',
  customer: { name: 'Ada', email: 'ada@example.com', card: '4000 0000 0000 1017' },
  lines: Array.from({ length: 14 }, (_, at) => ({ sku: `SKU-${1000 + at}`, quantity: at + 1, price: 9.5 + at })),
  note: 'x'.repeat(120),
});

const manifests = (port: number): string => `kind: Resource
name: orders
spec:
  protocol: http
  upstream: {url: "http://127.0.0.1:${port}"}
  credential: {bearer: {value: a-credential-of-the-bench}}
  http: {routes: ["/order.json", "/big"]}
  classification:
    - {path: "$.customer.email", tags: [pii], mask: pseudonym}
    - {path: "$.customer.card", tags: [pii], mask: redact}
---
kind: Resource
name: files
spec:
  protocol: http
  upstream: {url: "http://127.0.0.1:${port}"}
  http: {routes: ["/big"]}
---
kind: ServiceAccount
name: ci
spec: {owner: alice@example.com}
---
kind: Policy
name: bench
spec:
  cedar: |
    permit (principal == ServiceAccount::"ci", action == Action::"request", resource)
    when { context.http.method == "GET" && ["/order.json", "/big"].contains(context.http.route) };
`;

function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

/** How much any of the processes grows at most while somebody downloads. Bytes. */
async function growthDuring(pids: readonly number[], url: string, headers: readonly string[]): Promise<number> {
  const before = pids.map(residentBytes);
  const flags = headers.flatMap((header) => ['-H', header]);
  const child = spawn('curl', ['-sf', '-o', '/dev/null', ...flags, url], { stdio: 'inherit' });
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, ...pids.map((pid, at) => residentBytes(pid) - before[at]!));
  }, 50);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`the download failed: curl exited with ${code}`);
  return most;
}

async function main(): Promise<boolean> {
  const rounds = option('--rounds', 5);
  const seconds = option('--seconds', 3);
  const processes = option('--processes', availableParallelism());
  const nginx = await startNginx(document, processes);
  const installation = await startInstallation({
    manifests: manifests(nginx.originPort),
    accounts: ['ci'],
    gatewayEnv: { SALLYPORT_HTTPS_TLS: 'off', SALLYPORT_LOG_LEVEL: 'warn', SALLYPORT_HTTPS_REUSE_PORT: 'on' },
  });
  const gateways: { healthPort: number; process: { readonly pid: number } }[] = [
    { healthPort: installation.healthPort, process: installation.gateway },
  ];
  while (gateways.length < processes) {
    const listen = { SALLYPORT_HTTPS_LISTEN: `127.0.0.1:${installation.httpsPort}` };
    gateways.push(await installation.addGateway(`gateway-${gateways.length + 1}`, installation.api, listen));
  }
  const delivered = (): Promise<unknown> => Promise.all(gateways.map((each) => recordingsDelivered(each.healthPort)));
  const gateway = `http://127.0.0.1:${installation.httpsPort}/http`;
  const authorization = `Authorization: Bearer ${installation.keys['ci']!}`;
  const peers: WebPeer[] = [
    { name: 'direct', url: `http://127.0.0.1:${nginx.originPort}/order.json`, headers: [] },
    { name: 'nginx', url: `http://127.0.0.1:${nginx.proxyPort}/order.json`, headers: [] },
    { name: 'sallyport', url: `${gateway}/orders/order.json`, headers: [authorization] },
  ];
  let met = true;
  const verdict = (ok: boolean): string => {
    met &&= ok;
    return ok ? 'met' : 'MISSED';
  };
  try {
    console.log(
      `${rounds} interleaved rounds of ${seconds} s each, ${processes} processes of each proxy; ratios are medians (lowest-highest)`,
    );
    for (const connections of [8, 64]) {
      for (const peer of peers) await wrk(peer, connections, Math.max(seconds, warmUpSeconds));
      await delivered();
      const results = await interleave(peers, rounds, async (peer) => {
        const rate = await wrk(peer, connections, seconds);
        await delivered();
        return rate;
      });
      const best = (name: string): string => Math.round(Math.max(...results.get(name)!)).toString();
      const of = ratio(results.get('sallyport')!, results.get('nginx')!);
      console.log(
        `1 kB JSON, policy and mask, ${connections} connections: ${of.median.toFixed(2)} of nginx ` +
          `(${of.low.toFixed(2)}-${of.high.toFixed(2)}); best per second direct ${best('direct')}, nginx ${best('nginx')}, ` +
          `sallyport ${best('sallyport')}; floor ${floor}: ${verdict(of.median >= floor)}`,
      );
    }
    const half = Math.round((await wrk(peers[2]!, 8, seconds)) / 2);
    await delivered();
    const p99 = await interleave(peers, rounds, async (peer) => {
      const sorted = await latencies(peer, { perSecond: half, seconds });
      await delivered();
      return percentile(sorted, 0.99);
    });
    const [direct, proxied, judged] = peers.map(({ name }) => median(p99.get(name)!));
    const added = judged! - direct!;
    console.log(
      `p99 at half load (${half} per second), medians: direct ${direct!.toFixed(2)} ms, nginx ${proxied!.toFixed(2)} ms, ` +
        `sallyport ${judged!.toFixed(2)} ms; added ${added.toFixed(2)} ms; limit ${addedLimitMs} ms: ` +
        verdict(added < addedLimitMs),
    );
    const grew = await growthDuring(
      gateways.map((each) => each.process.pid),
      `${gateway}/files/big`,
      [authorization],
    );
    console.log(
      `a download of 1 GB: gateway grew ${(grew / 2 ** 20).toFixed(1)} MB; limit 50 MB: ${verdict(grew < growthLimit)}`,
    );
  } finally {
    await installation.stop();
    await nginx.stop();
  }
  return met;
}

process.exitCode = (await main()) ? 0 : 1;
