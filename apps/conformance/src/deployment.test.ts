import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly ulimits?: unknown;
  readonly command?: readonly string[];
}
const { services } = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };

test('CP-08: the compose file has no credential of its own, and does not start without some', () => {
  const secret = /PASSWORD|TOKEN|SECRET|DATABASE_URL/;
  const given = Object.entries(services).flatMap(([service, { environment = {} }]) =>
    Object.entries(environment)
      .filter(([name]) => secret.test(name))
      .map(([name, value]) => ({ at: `${service} ${name}`, value })),
  );
  expect(given.length).toBeGreaterThanOrEqual(7);
  // Required, or for a token that is given once: empty.
  const isGiven = (value: string) =>
    /\$\{[A-Z0-9_]+:\?[^}]+\}/.test(value) || /^\$\{GATEWAY_\d_ENROLMENT_TOKEN:-\}$/.test(value);
  expect(given.filter(({ value }) => !isGiven(value))).toEqual([]);
});

test('CP-08: its databases are reached from inside only', () => {
  const open = Object.entries(services).filter(([, { ports }]) => ports !== undefined);
  expect(open.map(([name]) => name).sort()).toEqual(['control-plane-1', 'control-plane-2', 'gateway-1', 'gateway-2']);
});

test('CP-05: what holds secrets in memory writes no core file, and opens to no signal', () => {
  for (const name of ['control-plane-1', 'control-plane-2', 'gateway-1', 'gateway-2']) {
    expect([name, services[name]!.ulimits]).toEqual([name, { core: 0 }]);
  }
  for (const app of ['control-plane', 'gateway']) {
    const file = read(`apps/${app}/Dockerfile`);
    expect(file).toMatch(/^CMD \["node", "--disable-sigusr1", /m);
    expect(file).toMatch(/^USER node$/m);
  }
});

describe('deploy/make-secrets.sh', () => {
  const folders: string[] = [];
  const made = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-deploy-'));
    folders.push(folder);
    cpSync(join(root, 'deploy/make-secrets.sh'), join(folder, 'make-secrets.sh'));
    return run(folder);
  };
  const run = (folder: string): string => {
    execFileSync(join(folder, 'make-secrets.sh'), { stdio: 'pipe' });
    return folder;
  };
  const contents = (folder: string): Map<string, string> =>
    new Map(
      readdirSync(join(folder, 'secrets'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((path) => [relative(folder, path), readFileSync(path, 'utf8')]),
    );
  afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

  test('CP-08: makes secrets that no other installation has, for their owner alone, and keeps them', () => {
    const [one, other] = [contents(made()), contents(made())];
    const secret = [...one.keys()].filter((path) => /\.key$|\.env$/.test(path));
    expect(secret.sort()).toEqual([
      'secrets/authority/ca.key',
      'secrets/compose.env',
      'secrets/control-plane/master.key',
      'secrets/control-plane/tls.key',
      'secrets/gateway/tls.key',
    ]);
    for (const path of secret) {
      expect(one.get(path)).not.toBe(other.get(path));
      expect(statSync(join(folders[0]!, path)).mode & 0o077).toBe(0);
    }
    expect(Buffer.from(one.get('secrets/control-plane/master.key')!, 'base64')).toHaveLength(32);
    expect(one.get('secrets/compose.env')).toMatch(
      /^POSTGRES_PASSWORD=[0-9a-f]{48}\nSALLYPORT_BOOTSTRAP_TOKEN=[0-9a-f]{64}\n$/,
    );
    expect(contents(run(folders[0]!))).toEqual(one);
  }, 60_000);
});

test('CP-08: nothing that runs leaves a certificate unverified', () => {
  const off =
    /rejectUnauthorized:\s*(false|!)|NODE_TLS_REJECT_UNAUTHORIZED|checkServerIdentity|--insecure|curl [^\n]*-k\b/;
  const files = ['apps', 'libs', 'deploy', 'migrations', 'docs'].flatMap((folder) => sources(join(root, folder)));
  expect(files.length).toBeGreaterThan(300);
  // The runtime's own check, against the configured name: there, a target is dialled by its address.
  const strict =
    /\bcheckServerIdentity: \(_dialled, certificate\) => checkServerIdentity\(name, certificate\)|^import \{[^}]*\bcheckServerIdentity\b[^}]*\} from 'node:tls';$/gm;
  const textOf = (path: string): string => {
    const text = readFileSync(path, 'utf8');
    return path.endsWith('libs/http-wire/src/upstream/dial.ts') ? text.replace(strict, '') : text;
  };
  // A server that takes client certificates, and does without: it verifies those that are shown.
  const isStandIn = (path: string): boolean => path.endsWith('libs/testing-kubernetes/src/api-server.ts');
  const found = [...files, join(root, 'docker-compose.yml'), join(root, 'README.md')].filter(
    (path) => off.test(textOf(path)) && !isStandIn(path),
  );
  expect(found.map((path) => relative(root, path))).toEqual([]);
});

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^(node_modules|dist|secrets)$/.test(entry.name) ? [] : sources(path);
    return /\.(ts|mjs|sh|yml|md)$|Dockerfile$/.test(entry.name) && !entry.name.endsWith('.test.ts') ? [path] : [];
  });
}
