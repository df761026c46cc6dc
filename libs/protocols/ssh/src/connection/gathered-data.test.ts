import { Channel, maxPacketSize, type ChannelLink, type Received } from './channel.js';
import { GatheredData } from './gathered-data.js';

const link: ChannelLink = {
  send: () => undefined,
  sendData: () => undefined,
  sendable: true,
  forget: () => undefined,
};

/** A channel that says what it gets, and how its bytes were cut. */
function channel(got: string[], name = ''): Channel {
  const made = new Channel(1, link, { id: 7, window: 0, maxPacket: maxPacketSize });
  made.events = {
    borrows: true,
    data: (bytes, stderr) => got.push(`${name}${bytes.toString()}${stderr ? '!' : ''}`),
    eof: () => undefined,
    request: () => false,
    closed: () => undefined,
  };
  return made;
}

/** Data of several messages in the memory of one read, with something else before and between. */
function inOneRead(...texts: readonly string[]): Received[] {
  const all = texts.map((text) => `----${text}`).join('');
  // Small buffers of Node share their memory.
  const read = Buffer.allocUnsafeSlow(all.length);
  read.write(all);
  let at = 0;
  return texts.map((text) => {
    at += 4 + text.length;
    return { bytes: read.subarray(at - text.length, at), lent: true };
  });
}

test('what comes in one read goes on at once, when it is asked for', () => {
  const got: string[] = [];
  const [gathered, one] = [new GatheredData(), channel(got)];
  for (const data of inOneRead('first ', 'second, which is longer ', '3')) gathered.add(one, data);
  expect(got).toEqual([]);
  gathered.deliver();
  gathered.deliver();
  expect(got).toEqual(['first second, which is longer 3']);
});

test('streams and channels keep their order', () => {
  const got: string[] = [];
  const gathered = new GatheredData();
  const [one, other] = [channel(got, 'one:'), channel(got, 'other:')];
  const [a, b, c, d, e] = inOneRead('a', 'b', 'c', 'd', 'e') as [Received, Received, Received, Received, Received];
  gathered.add(one, a);
  gathered.add(one, { ...b, code: 1 });
  gathered.add(one, { ...c, code: 1 });
  gathered.add(other, d);
  gathered.add(one, e);
  gathered.deliver();
  expect(got).toEqual(['one:a', 'one:bc!', 'other:d', 'one:e']);
});

test('memory that is not lent is not written to, and waits for nobody', () => {
  const got: string[] = [];
  const [gathered, one] = [new GatheredData(), channel(got)];
  const memory = Buffer.from('own--own');
  const [lent] = inOneRead('lent') as [Received];
  gathered.add(one, lent);
  gathered.add(one, { bytes: memory.subarray(0, 3) });
  gathered.add(one, { bytes: memory.subarray(5) });
  expect(got).toEqual(['lent', 'own', 'own']);
  expect(memory.toString()).toBe('own--own');
});

test('two reads are never one piece', () => {
  const got: string[] = [];
  const [gathered, one] = [new GatheredData(), channel(got)];
  const [before] = inOneRead('before') as [Received];
  const [after] = inOneRead('after') as [Received];
  gathered.add(one, before);
  gathered.add(one, after);
  gathered.deliver();
  expect(got).toEqual(['before', 'after']);
});
