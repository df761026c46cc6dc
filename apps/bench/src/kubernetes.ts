import { join } from 'node:path';
import { startInstallation } from '@sallyport/testing';
import { kubectl, startKubernetes, writeKubeconfig, type Kubernetes } from '@sallyport/testing-kubernetes';
import { residentBytes } from './memory.js';
import { interleave, ratio } from './rounds.js';

/** The way through the gateway may take this many times as long as the direct one. */
const limit = 2;

interface Way {
  readonly name: string;
  readonly kubeconfig: string;
  readonly args: readonly string[];
}

function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

/** Environments of pods are masked: every pod has one. */
function manifests(cluster: Kubernetes): string {
  const documents = [
    {
      kind: 'Resource',
      name: 'cluster',
      spec: {
        protocol: 'kubernetes',
        upstream: { server: cluster.url, ca: cluster.ca },
        credential: { token: { value: cluster.tokens.admin } },
        classification: [{ field: 'Pod.env', tags: ['env'], mask: 'redact' }],
      },
    },
    { kind: 'ServiceAccount', name: 'ci', spec: { owner: 'alice@example.com' } },
    {
      kind: 'Policy',
      name: 'bench',
      spec: {
        cedar:
          'permit (principal == ServiceAccount::"ci", action in [Action::"read"], resource in Resource::"cluster");',
      },
    },
  ];
  return documents.map((document) => JSON.stringify(document)).join('\n---\n');
}

/** Milliseconds that kubectl takes to list every pod. @throws Error when it fails, or when a mask did not hold */
async function timed({ name, kubeconfig, args }: Way, pods: number): Promise<number> {
  const since = performance.now();
  const { code, stdout, stderr } = await kubectl(args, { kubeconfig, timeoutMs: 120_000 });
  const took = performance.now() - since;
  const listed = stdout.split('\n').filter((line) => /bench-\d{5}/.test(line)).length;
  if (code !== 0 || listed < pods) throw new Error(`${name}: ${listed} pods listed; ${stderr}`);
  if (name.startsWith('gateway') && args.includes('json') && !stdout.includes('[redacted]'))
    throw new Error('nothing was masked');
  return took;
}

async function main(): Promise<boolean> {
  const pods = option('--pods', 5000);
  const rounds = option('--rounds', 5);
  const cluster = await startKubernetes({ pods });
  const installation = await startInstallation({
    manifests: manifests(cluster),
    accounts: ['ci'],
    gatewayEnv: { SALLYPORT_LOG_LEVEL: 'warn' },
  });
  try {
    const { httpsPort, ca, keys, directory } = installation;
    const direct = cluster.kubeconfig('admin');
    const url = `https://127.0.0.1:${httpsPort}/k8s/cluster`;
    const through = writeKubeconfig(join(directory, 'kubectl', 'config'), { url, ca }, { token: keys['ci'] });
    let fine = true;
    for (const [output, extra] of [
      ['table', []],
      ['json', ['-o', 'json']],
    ] as const) {
      const args = ['get', 'pods', '-n', 'web', ...extra];
      const ways: Way[] = [
        { name: `direct ${output}`, kubeconfig: direct, args },
        { name: `gateway ${output}`, kubeconfig: through, args },
      ];
      for (const way of ways) await timed(way, pods);
      const taken = await interleave(ways, rounds, (way) => timed(way, pods));
      const [one, other] = ways.map(({ name }) => taken.get(name)!);
      const { median, low, high } = ratio(other!, one!);
      const ms = (values: readonly number[]): string => values.map((value) => value.toFixed(0)).join(' ');
      console.log(`kubectl get pods, ${pods} pods, ${output}`);
      console.log(`  direct   ${ms(one!)} ms`);
      console.log(`  gateway  ${ms(other!)} ms`);
      console.log(`  ratio    ${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}), at most ${limit}`);
      fine &&= median < limit;
    }
    console.log(`gateway resident memory: ${(residentBytes(installation.gateway.pid) / 2 ** 20).toFixed(0)} MiB`);
    return fine;
  } finally {
    await installation.stop();
    await cluster.stop();
  }
}

process.exitCode = (await main()) ? 0 : 1;
