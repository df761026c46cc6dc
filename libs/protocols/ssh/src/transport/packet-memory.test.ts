import { PacketMemory } from './packet-memory.js';

const large = 32_777;
const tagBytes = 16;

/** As AES-GCM lays a packet out: all but its length and its tag is a multiple of 16, at least 4 of it padding. */
function alloc(payloadBytes: number): Buffer {
  const short = 16 - ((1 + payloadBytes) % 16);
  const padding = short < 4 ? short + 16 : short;
  const packet = Buffer.alloc(5 + payloadBytes + padding + tagBytes);
  packet.writeUInt32BE(1 + payloadBytes + padding);
  packet[4] = padding;
  return packet;
}

function memory(): PacketMemory {
  return new PacketMemory('cipher', alloc);
}

test('a packet is as its cipher would have made it, whatever its size', () => {
  const packets = memory();
  for (let size = 8192; size <= large; size += size < 8500 || size > 32_700 ? 1 : 997) {
    const { bytes } = packets.take(size)!;
    const made = alloc(size);
    expect(bytes.length).toBe(made.length);
    expect(bytes.subarray(0, 5).equals(made.subarray(0, 5))).toBe(true);
  }
});

test('a packet that has left makes room for the next, of any size', () => {
  const packets = memory();
  const first = packets.take(large)!;
  first.bytes.fill(0xee);
  packets.give(first);
  const second = packets.take(20_000)!;
  expect(second.memory).toBe(first.memory);
  expect(second.bytes.subarray(0, 5)).toEqual(alloc(20_000).subarray(0, 5));
});

test('a packet that has not left is nobody else’s', () => {
  const packets = memory();
  expect(packets.take(large)!.memory).not.toBe(packets.take(large)!.memory);
});

test('padding is random: none of it comes twice', () => {
  const packets = memory();
  const size = 32_768;
  const seen = new Set<string>();
  for (let count = 0; count < 5000; count += 1) {
    const packet = packets.take(size)!;
    const padding = packet.bytes.subarray(5 + size, -tagBytes);
    expect(padding.length).toBe(15);
    seen.add(padding.toString('hex'));
    packets.give(packet);
  }
  expect(seen.size).toBe(5000);
});

test('small packets and those larger than any channel sends are left to the cipher', () => {
  const packets = memory();
  for (const size of [0, 100, 8191, 33_100, 100_000]) expect(packets.take(size)).toBeUndefined();
});

test('whoever sends nothing large for a while keeps nothing', () => {
  const packets = memory();
  const used = packets.take(large)!;
  packets.give(used);
  packets.age();
  packets.age();
  expect(packets.take(large)!.memory).not.toBe(used.memory);
});

test('no more is kept than two full send buffers hold', () => {
  const packets = memory();
  const take = (): Set<Buffer> => new Set(all.map(() => packets.take(large)!.memory));
  const all = Array.from({ length: 100 }, () => packets.take(large)!);
  for (const packet of all) packets.give(packet);
  const before = new Set(all.map((packet) => packet.memory));
  expect([...take()].filter((again) => before.has(again)).length).toBe(34);
});
