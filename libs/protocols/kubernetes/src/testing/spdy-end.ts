import type { Duplex } from 'node:stream';
import { SpdyFrameReader } from '../streams/spdy/frame-reader.js';
import { SpdyFrameWriter } from '../streams/spdy/frame-writer.js';

/** A far end of SPDY that writes what it is told and keeps a line for each frame it reads. */
export class SpdyEnd {
  readonly heard: string[] = [];
  readonly frames = new SpdyFrameWriter();
  readonly closed: Promise<void>;

  constructor(readonly tunnel: Duplex) {
    const line = (text: string): void => {
      this.heard.push(text);
    };
    const reader = new SpdyFrameReader({
      synStream: (id, fin, headers) =>
        line(`${id} open${fin ? ' fin' : ''} ${JSON.stringify(Object.fromEntries(headers))}`),
      synReply: (id, fin, headers) => line(`${id} reply${fin ? ' fin' : ''}${headers.size > 0 ? ' with headers' : ''}`),
      rstStream: (id, status) => line(`${id} reset ${status}`),
      settings: (entries) => line(`settings ${JSON.stringify(entries)}`),
      ping: (id) => line(`ping ${id}`),
      goAway: (last, status) => line(`goaway ${last} ${status}`),
      windowUpdate: (id, delta) => line(`${id} window ${delta}`),
      data: (id, bytes, fin) => {
        const begun = new RegExp(`^${id} data `).test(this.heard.at(-1) ?? '') ? this.heard.pop()! : `${id} data `;
        line(begun + bytes.toString('latin1'));
        if (fin) line(`${id} fin`);
      },
    });
    tunnel.on('data', (chunk: Buffer) => reader.push(chunk));
    tunnel.on('error', () => {});
    this.closed = new Promise((resolve) => tunnel.once('close', resolve));
    tunnel.once('end', () => tunnel.end());
  }

  open(id: number, headers: Readonly<Record<string, string>>, fin = false): void {
    this.tunnel.write(this.frames.synStream(id, fin, new Map(Object.entries(headers))));
  }

  reply(...ids: readonly number[]): void {
    for (const id of ids) this.tunnel.write(this.frames.synReply(id, false));
  }

  data(id: number, text: string, fin = false): void {
    this.tunnel.write(this.frames.data(id, Buffer.from(text, 'latin1'), fin));
  }
}
