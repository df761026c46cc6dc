import fs from 'node:fs';
import { connect } from 'node:net';
import { makeSshKey } from '@sallyport/testing';
import { ByteReader, ByteWriter } from '@sallyport/wire-kit';
import { windowSize } from './connection/channel.js';
import { channelData, channelOpen, channelRequest, globalRequest, windowAdjust } from './connection/messages.js';
import { readString } from './connection/wire.js';
import { fingerprintOf } from './login/public-key.js';
import { hold, permit } from './testing/testing-host.js';
import { RawClient, userauth } from './testing/raw-client.js';
import { TestingSetup, until } from './testing/testing-setup.js';
import { number, putString } from './transport/message-numbers.js';
import { parsePrivateKey } from './transport/ssh2-protocol.js';

let setup: TestingSetup;

beforeAll(async () => {
  setup = await TestingSetup.start();
});
afterAll(() => setup.stop());
beforeEach(() => setup.reset());

const none = Buffer.alloc(0);
const plain = { sender: 0, window: 1 << 20, maxPacket: 32768 };

/** A channel on which a command waits for people. */
async function heldChannel(): Promise<{ client: RawClient; channel: number }> {
  setup.host.opinion = (action) => (action.kind === 'exec' ? hold() : permit());
  const client = await RawClient.login(setup.port);
  client.send(channelOpen('session', plain, none));
  const { sender } = await client.message('opened');
  client.send(channelRequest(sender, 'exec', true, putString(new ByteWriter(), 'cat').finish()));
  await setup.host.approvals.pending();
  return { client, channel: sender };
}

describe('channels', () => {
  test('SH-15: a window that is overrun ends the connection', async () => {
    const { client, channel } = await heldChannel();
    for (let sent = 0; sent <= windowSize; sent += 32768) client.send(channelData(channel, Buffer.alloc(32768), false));
    expect(await client.ended()).toContain('more data than the window allows');
    await until(() => setup.host.sessions[0]!.closed !== undefined, 'the session ended');
  });

  test('SH-15: a window that grows beyond its bound ends the connection', async () => {
    const { client, channel } = await heldChannel();
    client.send(windowAdjust(channel, 0xffffffff));
    expect(await client.ended()).toContain('a window beyond its bound');
  });

  test('SH-15: packets of nothing are not agreed to', async () => {
    const client = await RawClient.login(setup.port);
    client.send(channelOpen('session', { ...plain, maxPacket: 0 }, none));
    expect(await client.message('openFailed')).toMatchObject({ reason: 4 });
    client.transport.close('done');
  });

  test('SH-15: there are 64 channels at once', async () => {
    const client = await RawClient.login(setup.port);
    for (let sender = 0; sender < 65; sender += 1) client.send(channelOpen('session', { ...plain, sender }, none));
    expect(await client.message('openFailed')).toMatchObject({ channel: 64, reason: 4 });
    client.transport.close('done');
  });

  test('SH-15: what is said on no channel ends the connection', async () => {
    const client = await RawClient.login(setup.port);
    client.send(channelData(7, Buffer.from('x'), false));
    expect(await client.ended()).toContain('a channel that is not open');
  });

  test('SH-15: data before a program ends the connection', async () => {
    const client = await RawClient.login(setup.port);
    client.send(channelOpen('session', plain, none));
    const { sender } = await client.message('opened');
    client.send(channelData(sender, Buffer.from('rm -rf /\n'), false));
    expect(await client.ended()).toContain('data before a program');
  });

  test.each(['x11', 'auth-agent@openssh.com', 'tun@openssh.com', 'forwarded-tcpip', 'session-join', ''])(
    'SH-01: a channel of type %j is refused',
    async (type) => {
      const client = await RawClient.login(setup.port);
      client.send(channelOpen(type, plain, none));
      expect(await client.message('openFailed')).toMatchObject({ channel: 0 });
      client.transport.close('done');
    },
  );

  test.each(['x11-req', 'auth-agent-req@openssh.com', 'break', 'eow@openssh.com', 'anything'])(
    'SH-01: a request of type %j is refused',
    async (name) => {
      const client = await RawClient.login(setup.port);
      client.send(channelOpen('session', plain, none));
      const { sender } = await client.message('opened');
      client.send(channelRequest(sender, name, true, none));
      expect(await client.message('requestReply')).toMatchObject({ success: false });
      client.transport.close('done');
    },
  );

  test('SH-15: two programs on one channel are one too many', async () => {
    const { client, channel } = await heldChannel();
    await client.message('requestReply');
    client.received.length = 0;
    client.send(channelRequest(channel, 'shell', true, none));
    expect(await client.message('requestReply')).toMatchObject({ success: false });
    expect(setup.host.decisions).toHaveLength(2);
    client.transport.close('done');
  });
});

describe('floods', () => {
  test.each([
    ['an endless line', Buffer.alloc(70_000, 'S')],
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['the first version of SSH', Buffer.from('SSH-1.5-old\r\n')],
    ['a packet of 256 MB', Buffer.from('SSH-2.0-x\r\n\x10\x00\x00\x00\x00', 'latin1')],
    ['a packet of 4 GB', Buffer.from('SSH-2.0-x\r\n\xff\xff\xff\xff\x00', 'latin1')],
  ])('SH-15: %s is hung up on', async (_name, bytes) => {
    const socket = connect(setup.port, '127.0.0.1');
    const started = performance.now();
    socket.on('error', () => undefined).resume();
    socket.write(bytes);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test('SH-15: an identification in pieces is one identification', async () => {
    const socket = connect(setup.port, '127.0.0.1').setNoDelay(true);
    const heard = collect(socket);
    for (const byte of Buffer.from('SSH-2.0-slow\r\n')) {
      socket.write(Buffer.of(byte));
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await until(() => heard().length > 500, 'its key exchange began');
    socket.destroy();
  });
});

describe('the key exchange', () => {
  test('SH-14: only what is strong is offered, in its strict form', async () => {
    const socket = connect(setup.port, '127.0.0.1');
    const heard = collect(socket);
    socket.write('SSH-2.0-x\r\n');
    await until(() => heard().length > 500, 'its key exchange began');
    socket.destroy();
    const start = heard().indexOf('\r\n') + 2;
    // Packet length, padding length, message number, cookie.
    const reader = new ByteReader(heard(), start + 4 + 1 + 1 + 16);
    const lists = Array.from({ length: 8 }, () => readString(reader).toString().split(','));
    expect(lists[0]).toContain('kex-strict-s-v00@openssh.com');
    expect(lists[1]).toEqual(['ssh-ed25519']);
    expect(lists.flat().join()).not.toMatch(/chacha|cbc|sha1\b|md5|zlib|group1-|arcfour|ssh-dss/);
  });

  test('SH-14: anything else than the exchange in a strict exchange ends it', async () => {
    const socket = connect(setup.port, '127.0.0.1');
    collect(socket);
    const kexInit = new ByteWriter().uint8(number.kexInit).raw(Buffer.alloc(16));
    for (const list of [
      'curve25519-sha256,kex-strict-c-v00@openssh.com',
      'ssh-ed25519',
      ...Array<string>(2).fill('aes128-gcm@openssh.com'),
      ...Array<string>(2).fill('hmac-sha2-256'),
      ...Array<string>(2).fill('none'),
      '',
      '',
    ]) {
      putString(kexInit, list);
    }
    const ignore = putString(new ByteWriter().uint8(2), 'prefix').finish();
    socket.write(
      Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), clear(ignore), clear(kexInit.uint8(0).uint32(0).finish())]),
    );
    await new Promise((resolve) => socket.once('close', resolve));
    await until(() => setup.host.logs.some((line) => line.includes('strict KEX')), 'the log says why');
  });
});

describe('before login', () => {
  test('SH-03: a channel before login ends the connection', async () => {
    const client = await RawClient.connect(setup.port);
    client.startAuth();
    client.send(channelOpen('session', plain, none));
    expect(await client.ended()).toContain('before login');
    expect(setup.host.decisions).toHaveLength(0);
  });

  test('SH-03: a channel while the connection waits for people ends it', async () => {
    setup.host.opinion = () => hold();
    const client = await RawClient.connect(setup.port);
    client.startAuth();
    client.send(putString(userauth('box', 'password').uint8(0), 'good-token'));
    const { id } = await setup.host.approvals.pending();
    client.send(channelOpen('session', plain, none));
    await client.ended();
    await until(() => setup.host.approvals.abandoned.includes(id), 'the approval was given up');
  });

  test('SH-11: the user name stays the first one', async () => {
    const client = await RawClient.connect(setup.port);
    client.startAuth();
    client.send(putString(userauth('box', 'password').uint8(0), 'wrong'));
    await client.until((payload) => payload[0] === number.userauthFailure);
    client.send(putString(userauth('other', 'password').uint8(0), 'good-token'));
    expect(await client.ended()).toContain('user or service changed');
  });

  test('SH-15: six wrong tokens are enough', async () => {
    const client = await RawClient.connect(setup.port);
    client.startAuth();
    for (let attempt = 1; attempt <= 6 && client.closed === undefined; attempt += 1) {
      client.received.length = 0;
      client.send(putString(userauth('box', 'password').uint8(0), 'wrong'));
      if (attempt < 6) await client.until((payload) => payload[0] === number.userauthFailure);
    }
    expect(await client.ended()).toContain('too many failed attempts');
  });

  test('SH-15: a login takes no longer than it may', async () => {
    setup.host.limits = { ...setup.host.limits, authTimeoutMs: 200 };
    const client = await RawClient.connect(setup.port);
    expect(await client.ended()).toContain('no login in time');
    setup.host.limits = { ...setup.host.limits, authTimeoutMs: 10_000 };
  });

  test('SH-11: showing a key is no proof of having it', async () => {
    const { blob } = registeredKey('shown', 'ann');
    const client = await RawClient.connect(setup.port);
    client.startAuth();
    client.send(putString(putString(userauth('box', 'publickey').uint8(0), 'ssh-ed25519'), blob));
    await client.until((payload) => payload[0] === number.userauthMethod);
    client.send(channelOpen('session', plain, none));
    await client.ended();
    expect(setup.host.sessions).toHaveLength(0);
  });

  test('SH-11: who signs is who comes in, whatever was shown before', async () => {
    const shown = registeredKey('shown-first', 'root');
    const signing = registeredKey('signing', 'ann');
    const client = await RawClient.connect(setup.port);
    client.startAuth();
    client.send(signedRequest(client, signing));
    client.send(putString(putString(userauth('box', 'publickey').uint8(0), 'ssh-ed25519'), shown.blob));
    await client.ended().catch(() => undefined);
    for (const { request } of setup.host.sessions) expect(request.authenticated.principal.id).toBe('ann');
  });

  test('SH-11: a signature for another connection is none', async () => {
    const key = registeredKey('replayed', 'ann');
    const first = await RawClient.connect(setup.port);
    const request = signedRequest(first, key);
    first.transport.close('done');
    const second = await RawClient.connect(setup.port);
    second.startAuth();
    second.send(request);
    await second.until((payload) => payload[0] === number.userauthFailure);
    expect(setup.host.sessions).toHaveLength(0);
    second.transport.close('done');
  });
});

interface TestKey {
  readonly blob: Buffer;
  sign(data: Buffer): Buffer;
}

function registeredKey(name: string, owner: string): TestKey {
  const key = parsePrivateKey(makeSshKey(`${setup.folder}/${name}-${fs.readdirSync(setup.folder).length}`));
  const blob = key.getPublicSSH();
  setup.host.keys.set(fingerprintOf(blob), owner);
  return { blob, sign: (data) => key.sign(data) as Buffer };
}

function signedRequest(client: RawClient, { blob, sign }: TestKey): Buffer {
  const request = putString(putString(userauth('box', 'publickey').uint8(1), 'ssh-ed25519'), blob).finish();
  const signed = putString(new ByteWriter(), client.transport.sessionId).raw(request).finish();
  const signature = putString(putString(new ByteWriter(), 'ssh-ed25519'), sign(signed)).finish();
  return putString(new ByteWriter().raw(request), signature).finish();
}

/** A packet before there are keys (RFC 4253 §6). */
function clear(payload: Buffer): Buffer {
  const padding = 8 - ((payload.length + 5) % 8) + 8;
  const writer = new ByteWriter().uint32(payload.length + 1 + padding).uint8(padding);
  return writer.raw(payload).raw(Buffer.alloc(padding)).finish();
}

function collect(socket: ReturnType<typeof connect>): () => Buffer {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
  return () => Buffer.concat(chunks);
}

describe('global requests', () => {
  const anywhere = (port: number): Buffer => putString(new ByteWriter(), 'localhost').uint32(port).finish();
  const unexpected: unknown[] = [];
  const note = (error: unknown): void => void unexpected.push(error);

  beforeEach(() => {
    unexpected.length = 0;
    process.on('unhandledRejection', note);
  });
  afterEach(() => void process.off('unhandledRejection', note));

  test('SH-15: one that nobody can read, and that wants no answer, surprises nobody', async () => {
    const client = await RawClient.login(setup.port);
    client.send(globalRequest('tcpip-forward', false, none));
    client.send(globalRequest('cancel-tcpip-forward', false, none));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(unexpected).toEqual([]);
    client.transport.close('done');
  });

  test('SH-15: one that nobody can read, behind one that waits for people, is no surprise', async () => {
    setup.host.opinion = (action) => (action.kind === 'tcpip-forward' ? hold() : permit());
    const client = await RawClient.login(setup.port);
    client.send(globalRequest('tcpip-forward', true, anywhere(0)));
    await setup.host.approvals.pending();
    client.send(globalRequest('tcpip-forward', true, none));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(unexpected).toEqual([]);
    client.transport.close('done');
  });

  test('SH-15: those that want no answer are bounded as well', async () => {
    setup.host.opinion = (action) => (action.kind === 'tcpip-forward' ? hold() : permit());
    const client = await RawClient.login(setup.port);
    for (let port = 1; port <= 65; port += 1) client.send(globalRequest('tcpip-forward', false, anywhere(port)));
    expect(await client.ended()).toContain('too many requests at once');
    expect(setup.host.approvals.opened.length).toBeLessThanOrEqual(64);
  });
});
