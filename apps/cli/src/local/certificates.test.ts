import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { localCertificates, type LocalCertificates } from './certificates.js';

let data: string;
beforeEach(() => {
  data = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-certificates-'));
});
afterEach(() => fs.rmSync(data, { recursive: true }));

const read = (file: string): string => fs.readFileSync(file, 'utf8');

async function handshake(files: LocalCertificates, host: string): Promise<string> {
  const server = tls.createServer({ cert: read(files.api.certificate), key: read(files.api.key) }, (s) => s.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await new Promise((resolve) => {
      const { port } = server.address() as AddressInfo;
      const socket = tls.connect({
        port,
        host: '127.0.0.1',
        ca: read(files.ca),
        checkServerIdentity: (_, cert) => tls.checkServerIdentity(host, cert),
      });
      socket.on('secureConnect', () => resolve('trusted'));
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  } finally {
    server.close();
  }
}

test.each(['localhost', '127.0.0.1', '::1'])('a client that trusts the authority reaches %s', async (host) => {
  expect(await handshake(await localCertificates(data), host)).toBe('trusted');
});

test('any other name is refused', async () => {
  expect(await handshake(await localCertificates(data), 'example.com')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
});

test('keys are for their owner alone', async () => {
  const { api, gateway } = await localCertificates(data);
  for (const key of [api.key, gateway.key, path.join(data, 'ca.key')])
    expect(fs.statSync(key).mode & 0o777).toBe(0o600);
});

test('a second start keeps every certificate', async () => {
  const first = await localCertificates(data);
  const before = [first.ca, first.api.certificate, first.gateway.certificate].map(read);
  const second = await localCertificates(data);
  expect([second.ca, second.api.certificate, second.gateway.certificate].map(read)).toEqual(before);
});

test('a server certificate near its end is renewed under the same authority', async () => {
  const first = await localCertificates(data);
  const [ca, api] = [read(first.ca), read(first.api.certificate)];
  const later = await localCertificates(data, new Date(Date.now() + 700 * 24 * 3600 * 1000));
  expect(read(later.ca)).toBe(ca);
  expect(read(later.api.certificate)).not.toBe(api);
  expect(new X509Certificate(read(later.api.certificate)).verify(new X509Certificate(ca).publicKey)).toBe(true);
});

test('a lost authority takes its server certificates with it', async () => {
  const first = await localCertificates(data);
  const api = read(first.api.certificate);
  fs.rmSync(first.ca);
  const second = await localCertificates(data);
  expect(read(second.api.certificate)).not.toBe(api);
  expect(await handshake(second, 'localhost')).toBe('trusted');
});
