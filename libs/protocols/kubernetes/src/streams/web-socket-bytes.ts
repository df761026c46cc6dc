import { WebSocketPeer, type Tunnel } from '@sallyport/http-wire';
import { Duplex } from 'node:stream';

/** The bytes that binary messages carry, one after another: how messages are cut means nothing. */
export function webSocketBytes(tunnel: Tunnel, role: 'server' | 'client'): Tunnel {
  return new WebSocketBytes(tunnel, role);
}

class WebSocketBytes extends Duplex {
  readonly #peer: WebSocketPeer;
  #written: (() => void) | undefined;

  constructor(tunnel: Tunnel, role: 'server' | 'client') {
    super({ allowHalfOpen: true });
    this.#peer = new WebSocketPeer(
      tunnel,
      { role },
      {
        message: (data, text) => this.#message(data, text),
        drain: () => this.#drained(),
        closed: ({ by }) => {
          this.#drained();
          if (by === 'fault') this.destroy();
          else this.push(null);
        },
      },
    );
  }

  #message(data: Buffer, text: boolean): void {
    if (text) {
      this.#peer.close(1003, 'only binary messages carry SPDY');
      this.destroy();
    } else if (data.length > 0 && !this.push(data)) this.#peer.pause();
  }

  #drained(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  override _read(): void {
    this.#peer.resume();
  }

  override _write(chunk: Buffer, _encoding: string, written: () => void): void {
    if (this.#peer.send(chunk)) written();
    else this.#written = written;
  }

  override _final(ended: () => void): void {
    this.#peer.close(1000);
    ended();
  }

  override _destroy(_error: Error | null, destroyed: (error: null) => void): void {
    this.#peer.close(1011);
    destroyed(null);
  }
}
