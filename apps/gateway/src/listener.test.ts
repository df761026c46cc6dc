import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { GatewayHost, ProtocolAdapter } from '@sallyport/enforcement';
import { freePort } from '@sallyport/testing';
import { Listener } from './listener.js';
import { silentLog } from './testing-gateway.js';

const host = { limits: { maxUnauthenticated: 10 } } as GatewayHost;
const open: Listener[] = [];
afterEach(() => open.splice(0).forEach((listener) => listener.stopAccepting()));

/** Answers every connection with its name. */
function listener(name: string, port: number, reusePort: boolean): Listener {
  const adapter: ProtocolAdapter = { listener: 'https', serves: [], accept: (socket) => void socket.end(name) };
  const made = new Listener({
    address: { host: '127.0.0.1', port },
    reusePort,
    plain: false,
    adapter,
    host,
    sessions: () => 0,
    maxConnections: 100,
    log: silentLog,
  });
  open.push(made);
  return made;
}

test('processes that share a port are dealt its connections', async () => {
  const port = await freePort();
  for (const name of ['first', 'second']) await listener(name, port, true).start();
  const answers = new Set<string>();
  for (let attempt = 0; attempt < 200 && answers.size < 2; attempt += 1) {
    answers.add(await text(connect(port, '127.0.0.1')));
  }
  expect(answers).toEqual(new Set(['first', 'second']));
});

test('a port is shared only by those who all say so', async () => {
  const port = await freePort();
  await listener('first', port, false).start();
  await expect(listener('second', port, true).start()).rejects.toThrow('EADDRINUSE');
});
