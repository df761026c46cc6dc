import { createServer, type AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { issueServerCertificate, makeAuthority, RawSocket, type KeyAlgorithm } from './index.js';

test('reads stop at their deadline, at a closed peer, and at what was asked for', async () => {
  const server = createServer((socket) => socket.end('one two'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = await RawSocket.connect((server.address() as AddressInfo).port);
  expect(String(await client.readUntil(' '))).toBe('one ');
  expect(String(await client.readBytes(3))).toBe('two');
  await expect(client.readBytes(1)).rejects.toThrow('the peer closed');
  server.close();
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const waiting = await RawSocket.connect((silent.address() as AddressInfo).port);
  await expect(waiting.readBytes(1, 20)).rejects.toThrow('deadline');
  waiting.destroy();
  silent.close();
});

test.each<KeyAlgorithm>(['ecdsa-p256', 'ed25519'])(
  'an issued certificate (%s) serves TLS to whoever trusts its authority',
  async (algorithm) => {
    const authority = await makeAuthority('Test', algorithm);
    const { certificate, privateKey } = await issueServerCertificate(authority, ['127.0.0.1'], { algorithm });
    const server = createTlsServer({ cert: certificate, key: privateKey }, (socket) =>
      socket.on('error', () => undefined).end('hi'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = await RawSocket.connect(port);
    await client.startTls({ ca: authority.certificate, host: '127.0.0.1' });
    expect(String(await client.readBytes(2))).toBe('hi');
    client.destroy();
    const stranger = await RawSocket.connect(port);
    await expect(stranger.startTls({ ca: (await makeAuthority()).certificate, host: '127.0.0.1' })).rejects.toThrow();
    stranger.destroy();
    server.close();
  },
);
