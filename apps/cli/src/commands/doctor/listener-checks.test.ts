import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { writeUpFile } from '../../local/up-file.js';
import { listenerChecks } from './listener-checks.js';

/** A listener that says this to whoever comes, and what is found of it. */
async function checksOf(listener: string, greeting: string) {
  const data = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-doctor-'));
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined).resume();
    if (greeting !== '') socket.write(greeting);
    else socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const gateway = { [listener]: { host: '127.0.0.1', port } };
    writeUpFile(data, { api: 'https://127.0.0.1:1', ca: '', adminToken: '', gateway });
    return (await listenerChecks(data, { ca: undefined })).map(({ name, state }) => `${name}: ${state}`);
  } finally {
    await new Promise((resolve) => server.close(resolve));
    fs.rmSync(data, { recursive: true });
  }
}

test.each([
  ['ssh', 'SSH-2.0-Sallyport\r\n', ['SSH listener: ok']],
  ['ssh', 'SSH-1.5-old\r\n', ['SSH listener: failed']],
  ['ssh', 'HTTP/1.1 400 Bad Request\r\n\r\n', ['SSH listener: failed']],
  ['ssh', '', ['SSH listener: failed']],
  ['https', 'SSH-2.0-Sallyport\r\n', ['HTTPS listener: failed']],
  ['postgres', 'N', ['PostgreSQL listener: failed']],
  ['another', '', []],
])('a %s listener that says %j', async (listener, greeting, expected) => {
  expect(await checksOf(listener, greeting)).toEqual(expected);
});

test('without a local installation there is nothing to check', async () => {
  expect(await listenerChecks(path.join(os.tmpdir(), 'not-there'), { ca: undefined })).toEqual([]);
});
