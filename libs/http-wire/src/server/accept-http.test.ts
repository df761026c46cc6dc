import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bodyOf, WireServer } from '../testing/wire-server.js';

const run = promisify(execFile);
let server: WireServer;
let folder: string;

beforeAll(async () => {
  server = await WireServer.start({
    alpn: ['h2', 'http/1.1'],
    onRequest: (request) => {
      const { head } = request;
      bodyOf(request).then(
        (body) => {
          const answer = Buffer.from(`${head.version} ${head.method} ${head.target.path} ${body.length}\n`);
          if (head.target.path !== '/stream')
            return request.respond({ status: 200, headers: [], bodyLength: 0 }, answer);
          const writer = request.stream({
            status: 200,
            headers: [['content-type', 'text/plain']],
            bodyLength: undefined,
          });
          for (let at = 0; at < 5; at++) writer.write(answer);
          writer.end();
        },
        () => undefined,
      );
    },
  });
  folder = await mkdtemp(join(tmpdir(), 'accept-http-'));
  await writeFile(join(folder, 'ca.pem'), server.ca);
  await writeFile(join(folder, 'large'), Buffer.alloc(3_000_000, 0x61));
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

async function curl(...args: string[]): Promise<string> {
  const url = `https://localhost:${server.port}`;
  const fixed = ['--silent', '--show-error', '--noproxy', '*', '--max-time', '10', '--cacert', join(folder, 'ca.pem')];
  const { stdout } = await run('curl', [...fixed, ...args.map((arg) => arg.replace('URL', url))]);
  return stdout;
}

test.each([
  ['HTTP/2', '2', ['--http2']],
  ['HTTP/1.1', '1.1', ['--http1.1']],
  ['HTTP/1.0', '1.0', ['--http1.0', '--no-alpn']],
])('curl over %s', async (_, version, options) => {
  const large = `@${join(folder, 'large')}`;
  expect(await curl(...options, 'URL/a', 'URL/b')).toBe(`${version} GET /a 0\n${version} GET /b 0\n`);
  expect(await curl(...options, '--data-binary', large, 'URL/up')).toBe(`${version} POST /up 3000000\n`);
  expect(await curl(...options, 'URL/stream')).toBe(`${version} GET /stream 0\n`.repeat(5));
  expect(await curl(...options, '--head', 'URL/a')).toMatch(/^HTTP\/(1\.1|2) 200.*content-length: \d\d\r\n/s);
});

test('curl sends a chunked upload, and one that expects 100-continue', async () => {
  const large = `@${join(folder, 'large')}`;
  const chunked = ['--http1.1', '-H', 'Transfer-Encoding: chunked', '--data-binary', large];
  expect(await curl(...chunked, 'URL/up')).toBe('1.1 POST /up 3000000\n');
  const expecting = ['--http1.1', '-H', 'Expect: 100-continue', '--data-binary', large];
  expect(await curl(...expecting, 'URL/up')).toBe('1.1 POST /up 3000000\n');
});

test('HT-02: curl cannot reach another path than the one it names', async () => {
  expect(await curl('--path-as-is', '-o', '/dev/null', '-w', '%{http_code}', 'URL/a/../b')).toBe('400');
  expect(await curl('--http1.1', '-o', '/dev/null', '-w', '%{http_code}', 'URL/a%2f..%2fb')).toBe('400');
});

test.each([
  ['with its TCP connection at hand it is reset', false, /\(56\)/],
  ['without, it is refused', true, /\(22\) .* 505/],
])('an answer of unknown length to HTTP/1.0 over TLS never looks whole: %s', async (_, withoutTransport, complaint) => {
  const broken = await WireServer.start({
    alpn: ['http/1.1'],
    withoutTransport,
    onRequest: (request) => {
      const writer = request.stream({ status: 200, headers: [], bodyLength: undefined });
      writer.write(Buffer.from('half'));
      setTimeout(() => writer.abort(), 50);
    },
  });
  const args = [
    '-sS',
    '--fail',
    '--noproxy',
    '*',
    '--insecure',
    '--http1.0',
    '--no-alpn',
    `https://localhost:${broken.port}/`,
  ];
  await expect(run('curl', args)).rejects.toMatchObject({ stderr: expect.stringMatching(complaint) });
  await broken.stop();
});
