import { ByteReader } from '@sallyport/wire-kit';
import type { Channel } from '../connection/channel.js';
import { readString } from '../connection/wire.js';
import type { LineResult } from '../line/line-shell.js';
import { brokenStatus } from '../refuse.js';
import type { ProgramClient } from './program-streams.js';

/** What a shell ends with behind an interrupt: 128 and the number of SIGINT. */
const interruptedStatus = 130;

/** The client's side of one line's program: what it prints goes on, and its end is the line's end, not the channel's. */
export class LineChannel implements ProgramClient {
  #result: LineResult = { status: brokenStatus };
  #done = false;

  constructor(
    private readonly client: Channel,
    private readonly terminal: boolean,
    private readonly ended: (result: LineResult) => void,
  ) {}

  write(bytes: Buffer, stderr = false, sent?: () => void): void {
    // A terminal shows one stream.
    this.client.write(bytes, stderr && !this.terminal, sent);
  }

  requestAfterData(name: string, data: Uint8Array): void {
    const reader = new ByteReader(Buffer.from(data));
    if (name === 'exit-status') {
      const status = reader.uint32();
      this.#result = { status, ...(status !== 0 && this.terminal && { told: `exit ${status}` }) };
    } else if (name === 'exit-signal') {
      const signal = readString(reader)
        .toString('latin1')
        .replace(/[^A-Z0-9]/g, '');
      this.#result = { status: interruptedStatus, ...(this.terminal && { told: `signal ${signal}` }) };
    }
  }

  /** Each line has its own end of output; the client's comes with the shell's. */
  eof(): void {
    return;
  }

  /** A program gets nothing of what is typed. */
  consumed(): void {
    return;
  }

  close(): void {
    if (this.#done) return;
    this.#done = true;
    this.ended(this.#result);
  }

  giveUp(): void {
    this.#result = { status: interruptedStatus, ...(this.terminal && { told: 'let go' }) };
    this.close();
  }
}
