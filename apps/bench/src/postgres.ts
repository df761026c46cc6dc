import { startInstallation } from '@sallyport/testing';
import { idleGrowth, recordingsDelivered, slowReaderGrowth } from './memory.js';
import { direct, startPgbouncer, type Peer } from './peers.js';
import { pgbench, type Load } from './pgbench.js';
import { interleave, ratio } from './rounds.js';
import { accountRows, manifests, startTarget } from './target.js';

/** The floor of each load against pgbouncer of the same run. */
interface Goal extends Load {
  readonly floor?: number;
}

const point = `\\set aid random(1, ${accountRows})\nSELECT abalance FROM accounts WHERE aid = :aid;\n`;
const rows = '\\set from random(1, 9000)\nSELECT * FROM customers WHERE id > :from LIMIT 100;\n';
const loads: readonly Goal[] = [
  { name: 'point query, simple, 8 clients', script: point, protocol: 'simple', clients: 8, floor: 0.7 },
  { name: 'point query, prepared, 8 clients', script: point, protocol: 'prepared', clients: 8, floor: 0.7 },
  { name: 'point query, extended, 8 clients', script: point, protocol: 'extended', clients: 8, floor: 0.7 },
  { name: 'point query, simple, 64 clients', script: point, protocol: 'simple', clients: 64 },
  { name: '100 rows, 2 masked columns, 8 clients', script: rows, protocol: 'simple', clients: 8, floor: 0.6 },
];
/** What it takes until the gateway's hot paths are compiled for good, on two cores that the load fills. */
const warmUpSeconds = 5;
const slowReaderLimit = 50 * 2 ** 20;
const idleLimit = 60 * 2 ** 20;
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;

/** Number after a flag. */
function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

async function main(): Promise<boolean> {
  const rounds = option('--rounds', 21);
  const seconds = option('--seconds', 1);
  const idleSessions = option('--idle', 2000);
  let met = true;
  const target = await startTarget(idleSessions + 200);
  const pgbouncer = await startPgbouncer(target, 100);
  const installation = await startInstallation({
    manifests: manifests(target),
    accounts: ['ci'],
    gatewayEnv: { SALLYPORT_POSTGRES_TLS: 'off', SALLYPORT_LOG_LEVEL: 'warn' },
  });
  const { gatewayPort: port, keys, gateway } = installation;
  const sallyport: Peer = { name: 'sallyport', port, user: 'ci', password: keys['ci']! };
  try {
    console.log(
      `${rounds} interleaved rounds of ${seconds} s each; each load warmed up; ratios are medians (lowest-highest)`,
    );
    for (const load of loads) {
      const peers = [direct(target), pgbouncer, sallyport];
      // A process that has just started compiles its hot paths while it is measured; each peer gets one run that does not count.
      for (const peer of peers) await pgbench(load, peer, Math.max(seconds, warmUpSeconds));
      await recordingsDelivered(installation.healthPort);
      const results = await interleave(peers, rounds, async (peer) => {
        const tps = await pgbench(load, peer, seconds);
        await recordingsDelivered(installation.healthPort);
        return tps;
      });
      const tps = (name: string): string => Math.round(Math.max(...results.get(name)!)).toString();
      const of = ratio(results.get('sallyport')!, results.get('pgbouncer')!);
      const toDirect = ratio(results.get('sallyport')!, results.get('direct')!);
      const ok = load.floor === undefined || of.median >= load.floor;
      met &&= ok;
      console.log(
        `${load.name}: ${of.median.toFixed(2)} of pgbouncer (${of.low.toFixed(2)}-${of.high.toFixed(2)}), ` +
          `${toDirect.median.toFixed(2)} of direct; best tps direct ${tps('direct')}, pgbouncer ${tps('pgbouncer')}, ` +
          `sallyport ${tps('sallyport')}${load.floor ? `; floor ${load.floor}: ${ok ? 'met' : 'MISSED'}` : ''}`,
      );
    }
    const slow = await slowReaderGrowth(sallyport, gateway.pid);
    const idle = await idleGrowth(sallyport, gateway.pid, {
      sessions: idleSessions,
      delivered: () => recordingsDelivered(installation.healthPort),
    });
    met &&= slow < slowReaderLimit && idle < idleLimit;
    console.log(
      `a client that stops reading 1 GB: gateway grew ${megabytes(slow)}; limit ${megabytes(slowReaderLimit)}`,
    );
    console.log(
      `${idleSessions} idle sessions: gateway grew ${megabytes(idle)}; limit ${megabytes(idleLimit)} for 2000`,
    );
  } finally {
    await installation.stop();
    pgbouncer.stop();
    await target.stop();
  }
  return met;
}

process.exitCode = (await main()) ? 0 : 1;
