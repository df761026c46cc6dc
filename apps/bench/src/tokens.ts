/**
 * How long it takes to prove a token whose key is known, without the memory of tokens proved before. Needs nothing but
 * the build: `npx tsc -b apps/bench && node apps/bench/dist/tokens.js [--rounds 300] [--tokens 10]`.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { TrustedIssuers, type SignatureAlgorithm } from '@sallyport/identity';
import { SignJWT } from 'jose';
import { interleave } from './rounds.js';

interface Subject {
  readonly name: SignatureAlgorithm;
  readonly issuers: TrustedIssuers;
  readonly tokens: readonly string[];
}

type Spread = [low: number, median: number, high: number];

/** Microseconds. */
const limit = 150;
const issuer = 'https://token.actions.example';
const audience = 'sallyport.example';
const pairs: readonly [SignatureAlgorithm, () => { privateKey: KeyObject; publicKey: KeyObject }][] = [
  ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['EdDSA', () => generateKeyPairSync('ed25519')],
];

/** Number after a flag. */
function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

/** As large as what a job of GitHub Actions is given. */
function claims(serial: number): Record<string, unknown> {
  return {
    sub: 'repo:octo-org@65/octo-repo@74:environment:prod',
    jti: `example-id-${serial}`,
    ref: 'refs/heads/main',
    sha: 'example-sha',
    repository: 'octo-org/octo-repo',
    repository_owner: 'octo-org',
    repository_owner_id: '65',
    repository_id: '74',
    repository_visibility: 'private',
    environment: 'prod',
    actor: 'octocat',
    actor_id: '12',
    workflow: 'example-workflow',
    event_name: 'workflow_dispatch',
    ref_type: 'branch',
    run_id: '1',
    run_number: '10',
    run_attempt: '2',
    runner_environment: 'github-hosted',
    head_ref: '',
    base_ref: '',
    job_workflow_ref: 'octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main',
  };
}

async function makeSubject([name, makePair]: (typeof pairs)[number], count: number): Promise<Subject> {
  const { privateKey, publicKey } = makePair();
  const issuers = new TrustedIssuers(
    [
      {
        name: 'github',
        issuer,
        audience: [audience],
        preset: 'github-actions',
        algorithms: [name],
        match: [{ claims: { repository_id: '74', environment: 'prod' }, principal: 'ServiceAccount::ci' }],
        sessionSeconds: 3600,
        jwks: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }],
        keysValidUntil: new Date(Date.now() + 3_600_000).toISOString(),
      },
    ],
    { now: Date.now, remember: 0 },
  );
  const tokens = await Promise.all(
    Array.from({ length: count }, (_, serial) =>
      new SignJWT(claims(serial))
        .setProtectedHeader({ alg: name, kid: 'one', typ: 'JWT' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime('30m')
        .sign(privateKey),
    ),
  );
  return { name, issuers, tokens };
}

/** Microseconds for each token. */
async function measure({ issuers, tokens }: Subject): Promise<number> {
  const start = process.hrtime.bigint();
  for (const token of tokens) {
    const outcome = issuers.verify(token);
    if (!outcome.ok) throw new Error(`refused: ${outcome.reason}`);
  }
  return Number(process.hrtime.bigint() - start) / 1000 / tokens.length;
}

async function main(): Promise<boolean> {
  // Rounds shorter than a slice of time: on a busy machine most of them run without being put aside.
  const rounds = option('--rounds', 300);
  const count = option('--tokens', 10);
  const subjects = await Promise.all(pairs.map((pair) => makeSubject(pair, count)));
  console.log(`${rounds} interleaved rounds of ${count} tokens each; warmed up; medians (quartiles)`);
  for (let run = 0; run < 50; run += 1) for (const subject of subjects) await measure(subject);
  const results = await interleave(subjects, rounds, measure);
  let met = true;
  for (const [name, times] of results) {
    const sorted = times.toSorted((a, b) => a - b);
    const [low, median, high] = [0.25, 0.5, 0.75].map((part) => sorted[Math.floor(sorted.length * part)]!) as Spread;
    const ok = median < limit;
    met &&= ok;
    console.log(
      `${name}, key known: ${median.toFixed(0)} us (${low.toFixed(0)}-${high.toFixed(0)}); ` +
        `limit ${limit} us: ${ok ? 'met' : 'MISSED'}`,
    );
  }
  return met;
}

process.exitCode = (await main()) ? 0 : 1;
