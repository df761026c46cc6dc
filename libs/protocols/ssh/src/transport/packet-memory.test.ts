import { PacketMemory } from './packet-memory.js';

const large = 32_777;

/** Packets as a cipher makes them: 5 bytes of header, the payload, 7 of padding, 16 of tag. */
function packets(): { made: number; alloc(): Buffer } {
  return {
    made: 0,
    alloc() {
      this.made += 1;
      const packet = Buffer.alloc(5 + large + 7 + 16);
      packet.writeUInt32BE(1 + large + 7);
      packet[4] = 7;
      return packet;
    },
  };
}

/** A memory that knows by now which size comes again and again. */
function settled(source: ReturnType<typeof packets>): PacketMemory {
  const memory = new PacketMemory('cipher');
  expect(memory.take(large, () => source.alloc())).toBeUndefined();
  return memory;
}

test('a packet that has left comes back with its header and with new padding', () => {
  const source = packets();
  const memory = settled(source);
  const first = memory.take(large, () => source.alloc())!;
  const fresh = Buffer.from(first.bytes.subarray(0, 5));
  first.bytes.fill(0xee);
  memory.give(first);
  const second = memory.take(large, () => source.alloc())!;
  expect(second.bytes).toBe(first.bytes);
  expect(second.bytes.subarray(0, 5)).toEqual(fresh);
  expect(second.bytes.subarray(5 + large, 5 + large + 7)).not.toEqual(Buffer.alloc(7, 0xee));
  expect(source.made).toBe(1);
});

test('a packet that has not left is nobody else’s', () => {
  const source = packets();
  const memory = settled(source);
  const one = memory.take(large, () => source.alloc())!;
  const other = memory.take(large, () => source.alloc())!;
  expect(one.bytes).not.toBe(other.bytes);
});

test('small packets and single odd ones are left to the cipher, and do not disturb', () => {
  const source = packets();
  const memory = settled(source);
  memory.give(memory.take(large, () => source.alloc())!);
  expect(memory.take(100, () => source.alloc())).toBeUndefined();
  expect(memory.take(20_000, () => source.alloc())).toBeUndefined();
  expect(memory.take(large, () => source.alloc())).toBeDefined();
  expect(source.made).toBe(1);
});

test('a packet of a size that is no longer sent is not kept', () => {
  const source = packets();
  const memory = settled(source);
  const old = memory.take(large, () => source.alloc())!;
  memory.take(20_000, () => source.alloc());
  memory.take(20_000, () => source.alloc());
  memory.give(old);
  expect(memory.take(20_000, () => source.alloc())!.bytes).not.toBe(old.bytes);
});

test('whoever sends nothing large for a while keeps nothing', () => {
  const source = packets();
  const memory = settled(source);
  const used = memory.take(large, () => source.alloc())!;
  memory.give(used);
  memory.age();
  memory.age();
  expect(memory.take(large, () => source.alloc())!.bytes).not.toBe(used.bytes);
});

test('no more is kept than a full send buffer holds', () => {
  const source = packets();
  const memory = settled(source);
  const all = Array.from({ length: 100 }, () => memory.take(large, () => source.alloc())!);
  for (const packet of all) memory.give(packet);
  source.made = 0;
  for (let taken = 0; taken < 100; taken += 1) memory.take(large, () => source.alloc());
  expect(source.made).toBe(84);
});
