import type { Channel, Received } from './channel.js';

/**
 * What comes for one stream of a channel in one read is recorded and sent on at once: a write for each packet would cost
 * a bulk transfer more than its encryption does. It is brought together in the lent memory that it came in, over the
 * headers and authentication tags between, which nobody reads any more.
 */
export class GatheredData {
  #channel: Channel | undefined;
  #data: Received | undefined;

  /** @param data which the channel has admitted. What is not lent goes to it at once. */
  add(channel: Channel, data: Received): void {
    if (channel === this.#channel && this.#data && joins(this.#data, data)) {
      this.#data = { ...data, bytes: joined(this.#data.bytes, data.bytes) };
      return;
    }
    this.deliver();
    if (!data.lent) return channel.deliver(data);
    this.#channel = channel;
    this.#data = data;
  }

  /** To be called before anything else of the peer is told, and before the lent memory is used again. */
  deliver(): void {
    const [channel, data] = [this.#channel, this.#data];
    if (!channel || !data) return;
    this.#channel = undefined;
    this.#data = undefined;
    channel.deliver(data);
  }
}

/** Both lent, and so in the memory of one read, one behind the other. */
function joins(before: Received, next: Received): boolean {
  return (
    next.lent === true &&
    next.code === before.code &&
    next.bytes.buffer === before.bytes.buffer &&
    next.bytes.byteOffset >= before.bytes.byteOffset + before.bytes.length
  );
}

function joined(before: Buffer, next: Buffer): Buffer {
  const both = Buffer.from(before.buffer, before.byteOffset, before.length + next.length);
  both.set(next, before.length);
  return both;
}
