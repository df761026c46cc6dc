import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../testing/eventually.js';
import { sendWatch } from './watch-answer.js';
import { WatchEvents } from './watch-events.js';
import { Watch } from './watch.js';

/** A recording without an end, in segments of a mebibyte, and what was read of it. */
function endless() {
  const state = { read: 0 };
  const row = (index: number) => ({ index, sha256: '', chain: '', bytes: 1 << 20, last: false });
  return {
    state,
    after: async (_: string, after: number) => [row(after + 1), row(after + 2)],
    readOne: async () => {
      state.read += 1;
      return Buffer.alloc(1 << 20, 'x');
    },
  };
}

interface Served {
  readonly socket: Socket;
  readonly recordings: ReturnType<typeof endless>;
  readonly over: Promise<void>;
}

/** A real server with one client, which reads nothing until it is told to. */
async function withWatcher(unreadMs: number, act: (served: Served) => Promise<void>): Promise<void> {
  const recordings = endless();
  const watch = new Watch('session', 'gateway', 'watcher');
  const events = new WatchEvents({
    recordings,
    watch,
    isOpen: async () => true,
    isPermitted: async () => true,
    after: -1,
  });
  let over: Promise<void> | undefined;
  const server = createServer((_request, response: ServerResponse) => {
    over = sendWatch(response, { watch, events, log: { error: () => undefined }, unreadMs });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  try {
    await eventually(() => over !== undefined);
    await act({ socket, recordings, over: over! });
  } finally {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  }
}

test('nothing is read ahead of a watcher that reads slowly', async () => {
  await withWatcher(60_000, async ({ socket, recordings, over }) => {
    await sleep(500);
    const held = recordings.state.read;
    await sleep(500);
    // What the sockets of both sides hold, and no more however long it takes.
    expect(recordings.state.read).toBe(held);
    expect(held).toBeLessThan(16);
    socket.resume();
    await eventually(() => recordings.state.read > held + 5);
    socket.destroy();
    await over;
  });
});

test('a watcher that does not read is told so, and let go', async () => {
  await withWatcher(300, async ({ socket, recordings, over }) => {
    await over;
    const held = recordings.state.read;
    let text = '';
    socket.on('data', (data) => (text = (text + data.toString('latin1')).slice(-400)));
    socket.resume();
    await eventually(() => text.includes('"code":"slow"'));
    expect(recordings.state.read).toBe(held);
  });
});

test('a watcher that goes away while nothing is read frees its place at once', async () => {
  await withWatcher(60_000, async ({ socket, over }) => {
    await sleep(200);
    socket.destroy();
    await over;
  });
});
