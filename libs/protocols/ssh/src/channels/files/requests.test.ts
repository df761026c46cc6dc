import { ByteWriter, WireError } from '@sallyport/wire-kit';
import { putString } from '../../transport/message-numbers.js';
import { openFlag, packet, PacketStream, statusPacket } from './packets.js';
import { readRequest, requestFields } from './requests.js';

const noAttributes = new ByteWriter().uint32(0).finish();

function fields(...strings: readonly string[]): ByteWriter {
  const writer = new ByteWriter().uint32(9);
  for (const text of strings) putString(writer, text);
  return writer;
}

function open(flags: number, attributes: Buffer = noAttributes): Buffer {
  return fields('/a').uint32(flags).raw(attributes).finish();
}

test.each([
  [openFlag.read, { operation: 'read', reads: true, writes: false }],
  [openFlag.write, { operation: 'write', reads: false, writes: true }],
  [openFlag.write | openFlag.create | openFlag.truncate, { operation: 'write', reads: false, writes: true }],
  [openFlag.read | openFlag.write, { operation: 'open', reads: true, writes: true }],
  [openFlag.read | openFlag.create, { operation: 'open', reads: true, writes: true }],
  [openFlag.read | openFlag.truncate, { operation: 'open', reads: true, writes: true }],
])('opening with %d', (flags, expected) => {
  expect(readRequest(packet.open, open(flags))).toMatchObject({ id: 9, path: '/a', opens: 'file', ...expected });
});

test.each([0, openFlag.create, 64, 0xffffffff])('opening with %d is malformed', (flags) => {
  expect(() => readRequest(packet.open, open(flags))).toThrow(WireError);
});

test('attributes that a server could read in a way of its own are refused', () => {
  const extended = new ByteWriter().uint32(0x80000000).uint32(0).finish();
  expect(() => readRequest(packet.open, open(openFlag.write, extended))).toThrow(WireError);
  expect(() => readRequest(packet.setstat, fields('/a').raw(extended).finish())).toThrow(WireError);
});

test('of a link, the second path is the new one, as OpenSSH has it', () => {
  const request = readRequest(packet.symlink, fields('/target', '/link').finish());
  expect(request).toMatchObject({ path: '/link', second: '/target', writes: true, follows: false });
  if (request?.kind !== 'path') throw new Error('not about a path');
  expect(
    requestFields(request, '/real/link', '/target').equals(fields('/target', '/real/link').finish().subarray(4)),
  ).toBe(true);
});

test.each([packet.init, packet.version, 200, 201, packet.status, 255])('type %d is no request', (type) => {
  expect(readRequest(type, fields('statvfs@openssh.com').finish())).toBeUndefined();
});

test('paths that are no text, hold NUL or are endless are malformed', () => {
  const bad = [Buffer.from([0xff]), Buffer.from('a\0b'), Buffer.alloc(5000, 'a')];
  for (const path of bad) {
    const body = putString(new ByteWriter().uint32(9), path).finish();
    expect(() => readRequest(packet.remove, body)).toThrow(WireError);
  }
});

test('what says more or less than its fields is malformed', () => {
  const body = fields('/a', '/b').finish();
  expect(() => readRequest(packet.rename, Buffer.concat([body, Buffer.of(0)]))).toThrow(WireError);
  for (let cut = 0; cut < body.length; cut += 1) {
    expect(() => readRequest(packet.rename, body.subarray(0, cut))).toThrow(WireError);
  }
});

test('a stream is cut into the same packets however it comes', () => {
  const bytes = Buffer.concat([statusPacket(1, 'ok', 'fine'), statusPacket(2, 'denied', 'no'), Buffer.of(0, 0)]);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const stream = new PacketStream();
    const sizes: number[] = [];
    for (const part of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
      stream.push(part);
      for (let next = stream.next(); next; next = stream.next()) sizes.push(next.size);
    }
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(bytes.length - 2);
    expect(sizes).toHaveLength(2);
  }
});

test.each([0, 0x40001, 0xffffffff])('a packet of %d bytes is refused at once', (length) => {
  const stream = new PacketStream();
  stream.push(new ByteWriter().uint32(length).finish());
  expect(() => stream.next()).toThrow(WireError);
});
