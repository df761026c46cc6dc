import { RawSocket } from '@sallyport/testing';

export interface RawAnswer {
  readonly status: number;
  /** Status line and fields. */
  readonly head: string;
  readonly body: string;
}

/** A client that writes HTTP/1.1 byte by byte, over TLS: for saying what no well-behaved client would say. */
export class RawHttp {
  private constructor(readonly socket: RawSocket) {}

  static async connect(port: number, ca: string, protocols: readonly string[] = ['http/1.1']): Promise<RawHttp> {
    const socket = await RawSocket.connect(port);
    await socket.startTls({ ca, servername: 'localhost', ALPNProtocols: [...protocols] });
    return new RawHttp(socket);
  }

  send(text: string | Uint8Array): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  /** The next answer, framed by its length or in chunks. Rejects where there is none. */
  async answer(deadlineMs?: number): Promise<RawAnswer> {
    const head = (await this.socket.readUntil('\r\n\r\n', deadlineMs)).toString('latin1');
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? NaN);
    if (status < 200 || status === 204 || status === 304) return { status, head, body: '' };
    const length = /^content-length: *(\d+)/im.exec(head)?.[1];
    if (length !== undefined) {
      return { status, head, body: (await this.socket.readBytes(Number(length), deadlineMs)).toString('latin1') };
    }
    if (!/^transfer-encoding: *chunked/im.test(head)) return { status, head, body: '' };
    return { status, head, body: await this.#chunks(deadlineMs) };
  }

  /** Every answer up to one that says it is the last, or until the gateway closes. */
  async answers(deadlineMs = 5000): Promise<RawAnswer[]> {
    const all: RawAnswer[] = [];
    for (;;) {
      const next = await this.answer(deadlineMs).catch(() => undefined);
      if (!next) return all;
      all.push(next);
      if (/^connection: *close/im.test(next.head)) return all;
    }
  }

  close(): void {
    this.socket.destroy();
  }

  async #chunks(deadlineMs?: number): Promise<string> {
    let body = '';
    for (;;) {
      const size = Number.parseInt((await this.socket.readUntil('\r\n', deadlineMs)).toString('latin1'), 16);
      body += (await this.socket.readBytes(size + 2, deadlineMs)).toString('latin1', 0, size);
      if (size === 0) return body;
    }
  }
}
