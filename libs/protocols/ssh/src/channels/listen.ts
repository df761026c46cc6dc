import type { Action } from '@sallyport/domain';
import type { ApprovalOutcome, Permitted } from '@sallyport/enforcement';
import { isRefused, type PeerOpen, type SshConnection } from '../connection/connection.js';
import { forwardAction } from '../inspect.js';
import type { SshSession } from '../session.js';
import { listenTcp, readChosenPort, readForwardedTcp, readListenTcp } from './forward-requests.js';
import { Relay } from './relay.js';

/** At once in one session. */
const maxListening = 16;

/** A place where the target listens for the client. */
interface Listening {
  readonly address: string;
  readonly port: number;
  readonly action: Action;
  readonly verdict: Permitted<Action>;
  readonly stop: (completion: string, outcome: ApprovalOutcome) => void;
}

/** `ssh -R`: asking the target to listen is an exchange, and so is each connection that comes of it. */
export class RemoteForwards {
  readonly #listening = new Map<string, Listening>();

  constructor(
    private readonly session: SshSession,
    private readonly client: SshConnection,
  ) {}

  /** @returns the answer to `tcpip-forward`: the chosen port where the client left the choice */
  async listen(data: Buffer): Promise<Uint8Array | false> {
    const { session } = this;
    const wanted = readListenTcp(data);
    if (!wanted || this.#listening.size >= maxListening) return false;
    const seq = session.nextSeq();
    const action = forwardAction(session.scene, 'tcpip-forward', { target: wanted.address, port: wanted.port });
    const verdict = await session.judge(
      seq,
      { request: action, action, opaque: true },
      { pending: () => undefined, signal: session.over },
    );
    if (verdict.kind === 'deny') return false;
    verdict.permit.take();
    const { connection } = session.upstream;
    const answer = await connection.ask('tcpip-forward', listenTcp(wanted.address, wanted.port));
    if (!answer) {
      session.settle(seq, verdict, 'the target does not listen', 'failed');
      return false;
    }
    const port = wanted.port === 0 ? readChosenPort(answer) : wanted.port;
    const key = keyOf(wanted.address, port);
    // The target lets nobody listen twice; should it say so, the first is forgotten and no longer served.
    void this.#listening.get(key)?.stop('replaced', 'completed');
    const cut = (): void => void this.#stop(key, 'cut off');
    const stop = session.watch({ seq, action, verdict, cut });
    this.#listening.set(key, { address: wanted.address, port, action, verdict, stop });
    return wanted.port === 0 ? answer.subarray(0, 4) : new Uint8Array(0);
  }

  /** @returns the answer to `cancel-tcpip-forward` */
  async cancel(data: Buffer): Promise<Uint8Array | false> {
    const place = readListenTcp(data);
    const stopped = place && (await this.#stop(keyOf(place.address, place.port), 'cancelled'));
    return stopped ? new Uint8Array(0) : false;
  }

  /** Somebody connected to where the target listens. Never rejects. */
  async connected(request: PeerOpen): Promise<void> {
    const { session } = this;
    const { address, port } = readForwardedTcp(request.data);
    // A target that listens everywhere may say so in its own words; the port is what was agreed on.
    const place =
      this.#listening.get(keyOf(address, port)) ?? [...this.#listening.values()].find((one) => one.port === port);
    if (!place) return request.refuse('prohibited', 'nobody asked for it');
    const seq = session.nextSeq();
    // People who let it listen let in who connects.
    const phase = place.verdict.approvalId === undefined ? 'execute' : 'prepare';
    const verdict = await session.judge(
      seq,
      { request: place.action, action: place.action, phase, opaque: true },
      { pending: () => undefined, signal: session.over },
    );
    if (verdict.kind === 'deny') return request.refuse('prohibited', 'blocked by access policy');
    verdict.permit.take();
    const client = await this.client.open('forwarded-tcpip', request.data);
    if (isRefused(client) || session.over.aborted) {
      session.settle(seq, verdict, 'the client takes no connection', 'failed');
      return request.refuse('connectFailed', 'the client takes no connection');
    }
    session.guard(() => session.log.note('channel', seq, { kind: 'forwarded-tcpip' }));
    new Relay(session, { seq, client, target: request.accept(), action: place.action, verdict });
  }

  async #stop(key: string, completion: string): Promise<boolean> {
    const place = this.#listening.get(key);
    if (!place) return false;
    this.#listening.delete(key);
    place.stop(completion, 'completed');
    const data = listenTcp(place.address, place.port);
    return (await this.session.upstream.connection.ask('cancel-tcpip-forward', data)) !== undefined;
  }
}

function keyOf(address: string, port: number): string {
  return `${address} ${port}`;
}
