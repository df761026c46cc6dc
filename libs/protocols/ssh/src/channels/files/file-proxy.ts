import type { Action } from '@sallyport/domain';
import { ByteReader, ByteWriter, WireError } from '@sallyport/wire-kit';
import type { Channel, ChannelEvents } from '../../connection/channel.js';
import { filesAction } from '../../inspect.js';
import { brokenStatus, holdText, line, refusalText, refusedStatus } from '../../refuse.js';
import type { SshSession } from '../../session.js';
import type { FileAnswers, Judged } from './file-answers.js';
import { HandleRequests } from './handle-requests.js';
import { frame, numbered, packet, PacketStream, statusPacket, strings, type Packet, type Status } from './packets.js';
import { PathRequests } from './path-requests.js';
import { readRequest, type FileRequest, type HandleRequest } from './requests.js';
import { TargetFiles, type Answer } from './target-files.js';

/**
 * The file transfer subsystem (SFTP version 3) between a client and the target. Each operation on a path is an exchange
 * of its own; what goes through an open file belongs to the exchange that opened it. Requests keep their order.
 */
export class FileProxy implements ChannelEvents, FileAnswers {
  readonly #packets = new PacketStream();
  readonly #over = new AbortController();
  readonly #handles: HandleRequests;
  #target: TargetFiles | undefined;
  #paths: PathRequests | undefined;
  #tail: Promise<void> = Promise.resolve();
  #pending = 0;
  #initialised = false;

  constructor(
    private readonly session: SshSession,
    private readonly client: Channel,
  ) {
    this.#handles = new HandleRequests(session, this);
  }

  get over(): AbortSignal {
    return this.#over.signal;
  }

  data(bytes: Buffer, stderr: boolean): void {
    if (stderr) throw new WireError('a client has no error output');
    this.#packets.push(bytes);
    for (let next = this.#packets.next(); next; next = this.#packets.next()) this.#packet(next);
  }

  eof(): void {
    this.#after(() => this.#finish());
  }

  request(): boolean {
    return false;
  }

  closed(): void {
    this.#end();
  }

  judge(action: Action, maskable = false): Promise<Judged> {
    return this.#judge(action, 'execute', maskable);
  }

  pass(id: number, answer: Answer): void {
    this.#send(numbered(answer.type, id, answer.fields), () => answer.done());
  }

  status(id: number, code: Status, text: string): void {
    this.#send(statusPacket(id, code, text));
  }

  path(id: number, path: string): void {
    const one = new ByteWriter(4).uint32(1).finish();
    const noAttributes = new ByteWriter(4).uint32(0).finish();
    this.#send(numbered(packet.name, id, Buffer.concat([one, strings(path, path), noAttributes])));
  }

  tell(text: string): void {
    this.client.write(Buffer.from(text), true);
  }

  #packet({ type, body, size }: Packet): void {
    const sent = (): void => this.session.log.whenCalm(() => this.client.consumed(size));
    // Whoever asks and does not read the answers may not go on asking.
    const answered = (): void => this.client.afterData(sent);
    if (!this.#initialised) {
      if (type !== packet.init || new ByteReader(body).uint32() < 3) throw new WireError('SFTP version 3 or none');
      this.#initialised = true;
      return this.#after(() => this.#start().finally(answered));
    }
    const request = this.#read(type, body);
    if (!request) return answered();
    if (request.kind === 'handle') return this.#onHandle(request, sent, answered);
    this.#after(async () => {
      await this.#paths?.run(request);
      answered();
    });
  }

  /** Undefined when it has been answered already: nobody knows it, or nobody can read it. */
  #read(type: number, body: Buffer): FileRequest | undefined {
    const id = new ByteReader(body).uint32();
    try {
      const request = readRequest(type, body);
      if (!request) this.status(id, 'unsupported', 'no such request');
      return request;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.status(id, 'badMessage', error.message);
      return undefined;
    }
  }

  /** @param sent called when it has left for the target, `answered` when the answer of the gateway itself has left */
  #onHandle(request: HandleRequest, sent: () => void, answered: () => void): void {
    const { type, handle, rest } = request;
    const send = (take: (answer: Answer | undefined) => void): void =>
      this.#target?.send(type, Buffer.concat([strings(handle), rest]), take, sent);
    const forward = (): void => {
      if (!this.#handles.forward(request, send)) answered();
    };
    if (type === packet.fsetstat) {
      return this.#after(async () => ((await this.#handles.mayChange(request)) ? forward() : answered()));
    }
    const inTurn = async (): Promise<void> => {
      if (!this.#handles.readsCopy(request)) return forward();
      await this.#handles.readCopy(request);
      answered();
    };
    // What belongs to an open file need not wait, unless something is before it. What is read from a copy does: otherwise
    // whoever asks and does not read the answers could have all of them made at once.
    if (this.#pending === 0 && !this.#handles.readsCopy(request)) forward();
    else this.#after(inTurn);
  }

  async #start(): Promise<void> {
    const { session } = this;
    const { seq, verdict } = await this.#judge(filesAction(session.scene), 'prepare');
    session.guard(() => session.log.note('channel', seq, { kind: 'sftp' }));
    if (verdict.kind === 'deny') return this.#giveUp(refusalText(verdict), refusedStatus);
    verdict.permit.take();
    const target = await TargetFiles.start(session, () => this.#lost());
    session.settle(seq, verdict, target ? 'started' : 'not there', target ? 'completed' : 'failed');
    if (!target) return this.#giveUp(line('the target transfers no files'), brokenStatus);
    if (this.over.aborted) return target.close();
    this.#target = target;
    const home = (await target.realpath('.')) ?? '/';
    this.#paths = new PathRequests(session, this, this.#handles, target, home);
    // No extensions: each would be an operation that nobody here knows.
    this.#send(frame(packet.version, new ByteWriter(4).uint32(3).finish()));
  }

  async #judge(action: Action, phase: 'prepare' | 'execute', maskable = false): Promise<Judged> {
    const seq = this.session.nextSeq();
    const verdict = await this.session.judge(
      seq,
      { request: action, action, phase, opaque: !maskable },
      { pending: (approval) => this.tell(holdText(approval, this.session.host)), signal: this.over },
    );
    return { seq, action, verdict };
  }

  #send(bytes: Buffer, sent?: () => void): void {
    this.client.write(bytes, false, sent && (() => this.session.log.whenCalm(sent)));
  }

  /** In its turn. What it throws ends the channel: its order can no longer be kept. */
  #after(act: () => Promise<void> | void): void {
    this.#pending += 1;
    this.#tail = this.#tail
      .then(act)
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : 'unknown';
        this.session.host.log('warn', 'a file transfer broke off', {
          session: this.session.context.session.id,
          reason,
        });
        this.client.abort();
        this.#end();
      })
      .finally(() => (this.#pending -= 1));
  }

  #giveUp(text: string, code: number): void {
    this.tell(text);
    this.#close(code);
  }

  #finish(): void {
    if (!this.over.aborted) this.#close(0);
    this.#end();
  }

  #lost(): void {
    if (this.over.aborted || !this.#target) return;
    this.#giveUp(line('the target ended the file transfer'), brokenStatus);
    this.#end();
  }

  #close(code: number): void {
    this.client.requestAfterData('exit-status', new ByteWriter(4).uint32(code).finish());
    this.client.eof();
    this.client.close();
  }

  #end(): void {
    if (this.over.aborted) return;
    this.#over.abort();
    this.#handles.closeAll();
    this.#target?.close();
  }
}
