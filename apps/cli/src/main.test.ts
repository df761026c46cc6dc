import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built command against a hand-made API: what it prints and how it exits. */
const launcher = fileURLToPath(new URL('../bin/sallyport.mjs', import.meta.url));
let server: Server;
let answer: { status: number; body: unknown };
let seen: string[];
let scratch: string;
/** A process a time: slow where the machine is busy. */
const timeoutMs = 60_000;

beforeAll(async () => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-cli-'));
  server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  seen = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  fs.rmSync(scratch, { recursive: true });
});

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function cli(...args: string[]): Promise<Outcome> {
  const { port } = server.address() as AddressInfo;
  const all = [launcher, '--data', scratch, '--api', `http://127.0.0.1:${port}`, '--token', 'sp_test', ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, all, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

const problem = (status: number, code: string, detail: string): typeof answer => {
  return { status, body: { type: 'about:blank', title: 'x', status, code, detail } };
};

test.each([
  [401, 'unauthenticated', 3],
  [403, 'forbidden', 3],
  [404, 'not-found', 4],
  [409, 'approval-not-pending', 5],
  [412, 'version-changed', 5],
  [422, 'invalid-request', 1],
  [500, 'internal', 1],
])(
  'an answer of %i %s ends with the documented exit code %i',
  async (status, code, exitCode) => {
    answer = problem(status, code, 'the reason');
    const outcome = await cli('whoami');
    expect(outcome).toEqual({ code: exitCode, stdout: '', stderr: `sallyport: the reason (${status} ${code})\n` });
  },
  timeoutMs,
);

test(
  'an API that is not there ends with 6',
  async () => {
    expect(await cli('--api', 'http://127.0.0.1:1', 'whoami')).toMatchObject({ code: 6 });
  },
  timeoutMs,
);

test.each([
  [['frob']],
  [['get']],
  [['get', 'nonsense']],
  [['policy', 'check', '--as', 'ci', '--on', 'shop']],
  [['requests', 'create', '--role', 'r', '--resource', 's', '--for', '1w', '--reason', 'x']],
  [['requests', 'deny', 'id']],
])(
  'wrong usage such as %j ends with 2 and asks the API nothing',
  async (args) => {
    expect(await cli(...args)).toMatchObject({ code: 2, stdout: '' });
    expect(seen).toEqual([]);
  },
  timeoutMs,
);

const hostile = '\u001b]0;owned\u0007\u202e\u200b\u009b\u{e0041}evil\r\n';
const whoami = {
  principal: `ServiceAccount::${hostile}`,
  groups: [hostile],
  roles: [{ role: hostile, by: 'grant', resources: [hostile], until: '2026-01-01T00:00:00.000Z' }],
  owner: null,
  actsFor: hostile,
  person: hostile,
  credentialId: hostile,
};

test.each([[[]], [['--json']]])(
  'text from elsewhere cannot drive the terminal (%j)',
  async (flags) => {
    answer = { status: 200, body: whoami };
    const { code, stdout } = await cli('whoami', ...flags);
    expect(code).toBe(0);
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  },
  timeoutMs,
);

test(
  '--json prints what the API said',
  async () => {
    answer = { status: 200, body: whoami };
    expect(JSON.parse((await cli('whoami', '--json')).stdout)).toEqual(whoami);
  },
  timeoutMs,
);

test(
  'an answer of another shape is refused instead of shown',
  async () => {
    answer = { status: 200, body: { principal: 7 } };
    expect(await cli('whoami')).toMatchObject({ code: 6, stdout: '' });
  },
  timeoutMs,
);

test(
  'a name cannot reach another path of the API',
  async () => {
    answer = problem(404, 'not-found', 'no');
    await cli('get', 'resources', '../../v1/audit?x=#');
    expect(seen).toEqual(['GET /v1/resources/..%2F..%2Fv1%2Faudit%3Fx%3D%23']);
    expect(await cli('get', 'resources', '..')).toMatchObject({ code: 2 });
  },
  timeoutMs,
);

test(
  'apply tells the file and the document of every mistake',
  async () => {
    fs.writeFileSync(path.join(scratch, 'a.yaml'), 'kind: Group\nname: a\n');
    fs.writeFileSync(path.join(scratch, 'b.yaml'), 'kind: Group\nname: b\n---\nkind: Frob\nname: c\n');
    const errors = [{ document: 3, path: 'kind', reason: 'must be one of Resource' }];
    answer = { status: 422, body: { ...(problem(422, 'manifest-invalid', 'invalid').body as object), errors } };
    const { code, stderr } = await cli('apply', '-f', path.join(scratch, 'a.yaml'), path.join(scratch, 'b.yaml'));
    expect(code).toBe(1);
    expect(stderr).toContain(`${path.join(scratch, 'b.yaml')}: document 2, kind: must be one of Resource`);
  },
  timeoutMs,
);

test(
  'apply sends --prune and --dry-run, and nothing when a file cannot be read',
  async () => {
    const file = path.join(scratch, 'a.yaml');
    fs.writeFileSync(file, 'kind: Group\nname: a\n');
    answer = {
      status: 200,
      body: { dryRun: true, revision: 3, changes: [{ kind: 'Group', name: 'a', change: 'created' }] },
    };
    expect(await cli('apply', '-f', file, '--prune', '--dry-run')).toMatchObject({ code: 0 });
    expect(seen).toEqual(['PUT /v1/manifests?prune=true&dryRun=true']);
    expect(await cli('apply', '-f', file, path.join(scratch, 'none.yaml'))).toMatchObject({ code: 2 });
    expect(seen).toHaveLength(1);
  },
  timeoutMs,
);

test(
  'policy check ends with 3 when the answer is a denial',
  async () => {
    const base = {
      basis: 'effects',
      policyRevision: 1,
      because: [{ code: 'no-permit' }],
      masks: [],
      approval: null,
      effects: [],
    };
    answer = { status: 200, body: { effect: 'deny', ...base } };
    expect(
      await cli('policy', 'check', '--as', 'ci', '--on', 'shop', '--effect', 'delete:public.orders'),
    ).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('no-permit') as unknown,
    });
    answer = { status: 200, body: { effect: 'hold', ...base } };
    expect(await cli('policy', 'check', '--as', 'ci', '--on', 'shop', '--effect', 'connect')).toMatchObject({
      code: 0,
    });
  },
  timeoutMs,
);

test(
  'policy test runs its cases without an API',
  async () => {
    const file = path.join(scratch, 'policy-test.yaml');
    const policies = `resources:\n  - {name: shop}\npolicies:\n  - {name: p, cedar: 'permit (principal, action == Action::"select", resource);'}\n`;
    const one = (expected: string): string =>
      `cases:\n  - {name: reads, principal: "ServiceAccount::ci", on: shop, expect: ${expected},\n` +
      `     effects: [{action: select, object: shop/public.orders, columns: [id]}]}\n`;
    fs.writeFileSync(file, policies + one('permit'));
    expect(await cli('policy', 'test', file)).toMatchObject({ code: 0, stdout: 'pass  reads\n1 passed, 0 failed\n' });
    fs.writeFileSync(file, policies + one('deny'));
    expect(await cli('policy', 'test', file)).toMatchObject({ code: 1 });
    expect(seen).toEqual([]);
  },
  timeoutMs,
);
