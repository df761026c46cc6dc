import fs from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { makeSshKey } from '@sallyport/testing';
import { ByteReader, ByteWriter } from '@sallyport/wire-kit';
import { channelOpen, channelOpened, globalRequest, requestReply } from '../connection/messages.js';
import { isRefused } from '../connection/connection.js';
import { readString } from '../connection/wire.js';
import { number, putString } from '../transport/message-numbers.js';
import { parsePrivateKey } from '../transport/ssh2-protocol.js';
import { SshTransport } from '../transport/transport.js';
import { connectUpstream, type Upstream, type UpstreamTarget } from './upstream.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-target-'));
const hostKey = parsePrivateKey(makeSshKey(path.join(folder, 'key')));
const pinned = fs.readFileSync(path.join(folder, 'key.pub'), 'utf8');
const servers: Server[] = [];

afterAll(() => {
  for (const server of servers) server.close();
  fs.rmSync(folder, { recursive: true });
});

/** A target that behaves as a test says: what it answers to each message. */
type Behaviour = (payload: Buffer, say: (message: Buffer | ByteWriter) => void) => void;

async function target(
  behave: Behaviour,
): Promise<UpstreamTarget & { readonly heard: Buffer[]; readonly sockets: Socket[] }> {
  const heard: Buffer[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    const transport: SshTransport = new SshTransport(
      socket,
      { side: 'server', hostKeys: [hostKey] },
      {
        secured: () => undefined,
        message: (payload) => {
          heard.push(Buffer.from(payload));
          behave(payload, (message) => transport.send(Buffer.isBuffer(message) ? message : message.finish()));
        },
        writable: () => undefined,
        closed: () => undefined,
      },
    );
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const credential = { username: 'app', password: 'secret' };
  return { host: '127.0.0.1', port, hostKeys: [pinned], credential, forbidden: () => false, heard, sockets };
}

function start(type: number): ByteWriter {
  return new ByteWriter().uint8(type);
}
const failure = (methods: string): ByteWriter => putString(start(number.userauthFailure), methods).uint8(0);
const accept = putString(start(number.serviceAccept), 'ssh-userauth').finish();
const success = start(number.userauthSuccess).finish();

function methodOf(payload: Buffer): string | undefined {
  if (payload[0] !== number.userauthRequest) return undefined;
  const reader = new ByteReader(payload, 1);
  readString(reader);
  readString(reader);
  return readString(reader).toString();
}

/** Lets everybody in who says a password, then behaves. */
function afterLogin(behave: Behaviour): Behaviour {
  return (payload, say) => {
    if (payload[0] === number.serviceRequest) say(accept);
    else if (methodOf(payload) === 'password') say(success);
    else behave(payload, say);
  };
}

const never = new AbortController().signal;

test('a password, where the target wants it as an answer', async () => {
  const to = await target((payload, say) => {
    if (payload[0] === number.serviceRequest) say(accept);
    if (methodOf(payload) === 'password') say(failure('publickey,keyboard-interactive'));
    if (methodOf(payload) === 'keyboard-interactive') {
      const question = putString(putString(putString(start(number.userauthMethod), ''), ''), '').uint32(1);
      say(putString(question, 'Password: ').uint8(0));
    }
    if (payload[0] === number.userauthInfoResponse) {
      const reader = new ByteReader(payload, 1);
      if (reader.uint32() === 1 && readString(reader).toString() === 'secret') say(success);
    }
  });
  (await connectUpstream(to, never)).close();
});

test('a target that asks again, or for more, gets no second answer', async () => {
  for (const prompts of [1, 2]) {
    const question = putString(putString(putString(start(number.userauthMethod), ''), ''), '').uint32(prompts);
    for (let count = 0; count < prompts; count += 1) putString(question, 'Password: ').uint8(0);
    const asked = question.finish();
    const to = await target((payload, say) => {
      if (payload[0] === number.serviceRequest) say(accept);
      if (methodOf(payload) === 'password') say(failure('keyboard-interactive'));
      if (methodOf(payload) === 'keyboard-interactive' || payload[0] === number.userauthInfoResponse) say(asked);
    });
    await expect(connectUpstream(to, never)).rejects.toThrow('more than a password');
  }
});

test('a credential that the target refuses', async () => {
  const to = await target((payload, say) => {
    if (payload[0] === number.serviceRequest) say(accept);
    if (methodOf(payload)) say(failure('publickey'));
  });
  await expect(connectUpstream(to, never)).rejects.toThrow('the target refuses the credential');
});

test('a credential that cannot be used is carried nowhere', async () => {
  const to = await target(() => undefined);
  const credential = { username: 'app', privateKey: 'CANARY' };
  await expect(connectUpstream({ ...to, credential }, never)).rejects.toThrow(/^the private key .* cannot be used$/);
  expect(to.sockets).toEqual([]);
});

test('SH-18: another host key hears of no credential', async () => {
  const other = path.join(folder, `other-${servers.length}`);
  makeSshKey(other);
  const to = await target(() => undefined);
  const hostKeys = [fs.readFileSync(`${other}.pub`, 'utf8')];
  await expect(connectUpstream({ ...to, hostKeys }, never)).rejects.toThrow('its host key is not the one');
  expect(to.heard).toEqual([]);
});

test('SH-18: a pinned key of another type is asked for, and then there is none', async () => {
  const other = path.join(folder, `rsa-${servers.length}`);
  makeSshKey(other, '-t', 'rsa', '-b', '2048');
  const to = await target(() => undefined);
  await expect(
    connectUpstream({ ...to, hostKeys: [fs.readFileSync(`${other}.pub`, 'utf8')] }, never),
  ).rejects.toThrow();
  expect(to.heard).toEqual([]);
});

test('SH-02: the control plane is no target', async () => {
  const to = await target(() => undefined);
  await expect(connectUpstream({ ...to, forbidden: () => true }, never)).rejects.toThrow('never connected to');
  expect(to.sockets).toEqual([]);
});

test('a target that says nothing is left when time is up', async () => {
  const to = await target(() => undefined);
  const late = new AbortController();
  setTimeout(() => late.abort(), 100);
  await expect(connectUpstream(to, late.signal)).rejects.toThrow();
});

test('success that nobody asked for is none', async () => {
  const to = await target((payload, say) => {
    if (payload[0] === number.serviceRequest) say(success);
  });
  await expect(connectUpstream(to, never)).rejects.toThrow('success without a login');
});

describe('a target that has turned', () => {
  async function closing(behave: Behaviour, ask?: (upstream: Upstream) => void): Promise<string> {
    const upstream = await connectUpstream(await target(afterLogin(behave)), never);
    const closed = new Promise<string>((resolve) => upstream.onClosed(resolve));
    ask?.(upstream);
    return closed;
  }
  const openSession = (upstream: Upstream): void => void upstream.connection.open('session', Buffer.alloc(0));

  test('SH-15: packets of nothing end it', async () => {
    const opened = channelOpened(1, { sender: 0, window: 1000, maxPacket: 0 });
    expect(await closing((_payload, say) => say(opened), openSession)).toContain('nobody asked for');
  });

  test('an answer to nothing ends it', async () => {
    expect(await closing((_payload, say) => say(requestReply(1, true)), openSession)).toContain('not open');
  });

  test('SH-04: the agent that it wants, and its other keys, are refused', async () => {
    const agent = channelOpen('auth-agent@openssh.com', { sender: 5, window: 1000, maxPacket: 1000 }, Buffer.alloc(0));
    const keys = globalRequest('hostkeys-00@openssh.com', false, putString(new ByteWriter(), 'key').finish());
    const answers: number[] = [];
    const to = await target(
      afterLogin((payload, say) => {
        answers.push(payload[0]!);
        if (payload[0] === number.channelOpen) {
          say(keys);
          say(agent);
        }
      }),
    );
    const upstream = await connectUpstream(to, never);
    openSession(upstream);
    for (let wait = 0; wait < 100 && answers.length < 2; wait += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(answers).toEqual([number.channelOpen, number.channelOpenFailure]);
    upstream.close();
  });

  test('what is waited for ends when it does', async () => {
    const to = await target(afterLogin(() => undefined));
    const upstream = await connectUpstream(to, never);
    const [channel, answer] = [
      upstream.connection.open('session', Buffer.alloc(0)),
      upstream.connection.ask('x', Buffer.alloc(0)),
    ];
    to.sockets[0]!.destroy();
    expect(isRefused(await channel)).toBe(true);
    expect(await answer).toBeUndefined();
  });
});
