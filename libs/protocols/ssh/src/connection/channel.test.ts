import { Channel, maxPacketSize, windowSize, type ChannelEvents, type Received } from './channel.js';
import { readMessage, type ConnectionMessage } from './messages.js';

class TestLink {
  readonly sent: ConnectionMessage[] = [];
  sendable = true;
  forgotten = 0;

  send(payload: Buffer): void {
    this.sent.push(readMessage(payload)!);
  }
  sendData(head: Buffer, data: Uint8Array): void {
    this.send(Buffer.concat([head, data]));
  }
  forget(): void {
    this.forgotten += 1;
  }
  /** Bytes of data sent, by stream. */
  bytes(kind: 'data' | 'extended'): number {
    return this.sent.reduce((sum, message) => sum + (message.kind === kind ? message.data.length : 0), 0);
  }
}

function channelOn(link: TestLink, peer: Partial<{ window: number; maxPacket: number }> = {}): Channel {
  return new Channel(1, link, { id: 7, window: 1000, maxPacket: 300, ...peer });
}

function receive(channel: Channel, data: Received): void {
  channel.admit(data);
  channel.deliver(data);
}

function listen(channel: Channel, events: Partial<ChannelEvents>): void {
  channel.events = {
    data: () => undefined,
    eof: () => undefined,
    request: () => false,
    closed: () => undefined,
    ...events,
  };
}

test('SH-16: no more is sent than the peer has room for, and in pieces that it takes', () => {
  const link = new TestLink();
  const channel = channelOn(link);
  let left = false;
  channel.write(Buffer.alloc(1500), false, () => (left = true));
  expect(link.sent.map((message) => (message.kind === 'data' ? message.data.length : 0))).toEqual([300, 300, 300, 100]);
  expect(left).toBe(false);
  channel.receiveWindow(499);
  expect(left).toBe(false);
  channel.receiveWindow(1);
  expect(left).toBe(true);
});

test('output and error output keep their order however the window opens', () => {
  const link = new TestLink();
  const channel = channelOn(link, { window: 0 });
  const done: string[] = [];
  channel.write(Buffer.alloc(500), false, () => done.push('out'));
  channel.write(Buffer.alloc(500), true, () => done.push('error'));
  channel.write(Buffer.alloc(500), false, () => done.push('more'));
  channel.requestAfterData('exit-status', Buffer.alloc(4));
  channel.eof();
  channel.close();
  for (let step = 0; step < 1500; step += 7) channel.receiveWindow(7);
  expect(done).toEqual(['out', 'error', 'more']);
  expect([link.bytes('data'), link.bytes('extended')]).toEqual([1000, 500]);
  expect(link.sent.slice(-3).map(({ kind }) => kind)).toEqual(['request', 'eof', 'close']);
});

test('nothing is sent while the transport is full', () => {
  const link = new TestLink();
  link.sendable = false;
  const channel = channelOn(link);
  channel.write(Buffer.alloc(10));
  channel.close();
  expect(link.sent).toEqual([]);
  link.sendable = true;
  channel.flush();
  expect(link.sent.map(({ kind }) => kind)).toEqual(['data', 'close']);
});

test('room is given back only for what has gone on', () => {
  const link = new TestLink();
  const channel = channelOn(link);
  let received = 0;
  listen(channel, { data: (bytes) => (received += bytes.length) });
  for (let sent = 0; sent < windowSize; sent += maxPacketSize) receive(channel, { bytes: Buffer.alloc(maxPacketSize) });
  expect(received).toBe(windowSize);
  expect(() => receive(channel, { bytes: Buffer.alloc(1) })).toThrow('more data than the window allows');
  channel.consumed(windowSize);
  expect(link.sent).toEqual([{ kind: 'window', channel: 7, bytes: windowSize }]);
  receive(channel, { bytes: Buffer.alloc(1) });
});

test('what has to wait may be overwritten by whoever wrote it', () => {
  const link = new TestLink();
  const channel = channelOn(link, { window: 5 });
  const bytes = Buffer.from('0123456789');
  channel.write(bytes);
  bytes.fill('x');
  channel.write(bytes);
  bytes.fill('y');
  channel.receiveWindow(100);
  const data = link.sent.map((message) => (message.kind === 'data' ? message.data.toString() : ''));
  expect(data.join('')).toBe('0123456789xxxxxxxxxx');
});

test('SH-16: much that has to wait leaves in order, and says once that it has left', () => {
  const link = new TestLink();
  const channel = channelOn(link, { window: 0, maxPacket: maxPacketSize });
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 251));
  let left = 0;
  channel.write(bytes, false, () => (left += 1));
  for (let given = 0; given < bytes.length; given += 999) {
    expect(left).toBe(0);
    channel.receiveWindow(999);
  }
  expect(left).toBe(1);
  const sent = link.sent.map((message) => (message.kind === 'data' ? message.data : Buffer.alloc(0)));
  expect(Buffer.concat(sent).equals(bytes)).toBe(true);
});

test('bytes in memory that is used again are copied unless whoever gets them keeps nothing', () => {
  const channel = channelOn(new TestLink());
  for (const borrows of [false, true]) {
    const kept: Buffer[] = [];
    listen(channel, { borrows, data: (bytes) => kept.push(bytes) });
    const bytes = Buffer.from('secret');
    receive(channel, { bytes, lent: true });
    bytes.fill('x');
    expect(kept.join()).toBe(borrows ? 'xxxxxx' : 'secret');
  }
});

test('SH-15: a window never exceeds 2^32-1', () => {
  const channel = channelOn(new TestLink(), { window: 2 ** 32 - 1 });
  expect(() => channel.receiveWindow(1)).toThrow('a window beyond its bound');
});

test('a close is answered, once, and nothing comes after it', () => {
  const link = new TestLink();
  const channel = channelOn(link);
  let closed = 0;
  listen(channel, { closed: () => (closed += 1) });
  channel.receiveClose();
  channel.write(Buffer.alloc(10));
  channel.eof();
  channel.close();
  channel.abort();
  channel.end();
  expect(link.sent.map(({ kind }) => kind)).toEqual(['close']);
  expect([closed, link.forgotten]).toEqual([1, 1]);
});

test('questions that were not answered when it closes are answered with no', () => {
  const channel = channelOn(new TestLink());
  const answers: boolean[] = [];
  channel.request('exec', Buffer.alloc(0), (success) => answers.push(success));
  channel.request('pty-req', Buffer.alloc(0), (success) => answers.push(success));
  channel.receiveReply(true);
  channel.receiveClose();
  channel.request('late', Buffer.alloc(0), (success) => answers.push(success));
  expect(answers).toEqual([true, false, false]);
});

test('an answer that nobody asked for ends the connection', () => {
  expect(() => channelOn(new TestLink()).receiveReply(true)).toThrow('nobody asked');
});

test('SH-15: what waits in crumbs leaves as fast as what waits in pieces', () => {
  const channel = channelOn(new TestLink(), { window: 0 });
  let left = 0;
  for (let at = 0; at < 200_000; at += 1) channel.write(Buffer.from('x'), false, () => (left += 1));
  const started = performance.now();
  channel.receiveWindow(windowSize);
  expect(left).toBe(200_000);
  expect(performance.now() - started).toBeLessThan(3000);
});

describe('a peer that closes behind our EOF, as OpenSSH does', () => {
  function concluding(): { link: TestLink; channel: Channel; events: string[] } {
    const link = new TestLink();
    const channel = channelOn(link);
    const events: string[] = [];
    listen(channel, { eof: () => events.push('eof'), closed: () => events.push('closed'), concludes: () => true });
    channel.eof();
    channel.receiveClose();
    return { link, channel, events };
  }
  const kinds = (link: TestLink): string[] => link.sent.map(({ kind }) => kind);

  test('hears how it ended before its CLOSE is answered', () => {
    const { link, channel, events } = concluding();
    expect([kinds(link), events, channel.closed]).toEqual([['eof'], ['eof'], false]);
    channel.requestAfterData('exit-status', Buffer.alloc(4));
    channel.close();
    expect(kinds(link)).toEqual(['eof', 'request', 'close']);
    expect([events, channel.closed, link.forgotten]).toEqual([['eof', 'closed'], true, 1]);
  });

  test('says nothing more itself', () => {
    for (const say of [
      (channel: Channel) => receive(channel, { bytes: Buffer.alloc(1) }),
      (channel: Channel) => channel.receiveEof(),
      (channel: Channel) => channel.receiveRequest('signal', false, Buffer.alloc(0)),
      (channel: Channel) => channel.receiveClose(),
    ]) {
      const { channel } = concluding();
      expect(() => say(channel)).toThrow('after its end');
    }
  });

  test('is let go of when what runs is cut off, or the connection is gone', () => {
    for (const finish of [(channel: Channel) => channel.abort(), (channel: Channel) => channel.end()]) {
      const { link, channel, events } = concluding();
      finish(channel);
      expect([events, channel.closed, link.forgotten]).toEqual([['eof', 'closed'], true, 1]);
    }
  });

  test('is answered at once before our EOF, and where nothing is left to say', () => {
    for (const [concludes, eof] of [
      [true, false],
      [false, true],
    ]) {
      const link = new TestLink();
      const channel = channelOn(link);
      listen(channel, { concludes: () => concludes! });
      if (eof) channel.eof();
      channel.receiveClose();
      expect([kinds(link).at(-1), channel.closed]).toEqual(['close', true]);
    }
  });
});
