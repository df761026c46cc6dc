import type { Action, SshVerb } from '@sallyport/domain';
import type { Permitted } from '@sallyport/enforcement';
import { ByteReader, ByteWriter, WireError } from '@sallyport/wire-kit';
import type { Channel, ChannelEvents } from '../../connection/channel.js';
import { fileAction, filesAction } from '../../inspect.js';
import { brokenStatus, holdText, line, refusalText, refusedStatus } from '../../refuse.js';
import type { SshSession } from '../../session.js';
import { HandleRequests } from './handle-requests.js';
import { OpenFile } from './open-files.js';
import { frame, numbered, packet, PacketStream, statusPacket, strings, type Packet, type Status } from './packets.js';
import { placePath } from './paths.js';
import { readRequest, requestFields, type FileRequest, type HandleRequest, type PathRequest } from './requests.js';
import { TargetFiles, type Answer } from './target-files.js';

/** Probes that clients make on their own: a refusal is an answer, not news. */
const quiet = new Set(['stat', 'lstat', 'realpath', 'readlink']);

/**
 * The file transfer subsystem (SFTP version 3) between a client and the target. Each operation on a path is an exchange
 * of its own; what goes through an open file belongs to the exchange that opened it. Requests keep their order.
 */
export class FileProxy implements ChannelEvents {
  readonly #packets = new PacketStream();
  readonly #over = new AbortController();
  readonly #handles: HandleRequests;
  #target: TargetFiles | undefined;
  #home = '/';
  #tail: Promise<void> = Promise.resolve();
  #pending = 0;
  #initialised = false;

  constructor(
    private readonly session: SshSession,
    private readonly client: Channel,
  ) {
    this.#handles = new HandleRequests(session, {
      answer: (id, type, fields, done) => this.#send(numbered(type, id, fields), done),
      status: (id, code, text) => this.#status(id, code, text),
      judge: (action) => this.#judge(session.nextSeq(), action),
    });
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

  #packet({ type, body, size }: Packet): void {
    const paid = (): void => this.session.log.whenCalm(() => this.client.consumed(size));
    // Whoever asks and does not read the answers may not go on asking.
    const answered = (): void => this.client.afterData(paid);
    if (!this.#initialised) {
      if (type !== packet.init || new ByteReader(body).uint32() < 3) throw new WireError('SFTP version 3 or none');
      this.#initialised = true;
      return this.#after(() => this.#start().finally(answered));
    }
    const request = this.#read(type, body);
    if (!request) return answered();
    if (request.kind === 'path') return this.#after(() => this.#onPath(request).finally(answered));
    this.#onHandle(request, paid, answered);
  }

  /** Undefined when it has been answered already: nobody knows it, or nobody can read it. */
  #read(type: number, body: Buffer): FileRequest | undefined {
    const id = new ByteReader(body).uint32();
    try {
      const request = readRequest(type, body);
      if (!request) this.#status(id, 'unsupported', 'no such request');
      return request;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#status(id, 'badMessage', error.message);
      return undefined;
    }
  }

  /** @param sent called when it has left for the target, `answered` when the answer of the gateway itself has left */
  #onHandle(request: HandleRequest, sent: () => void, answered: () => void): void {
    const { type: kind, handle, rest } = request;
    const send = (take: (answer: Answer | undefined) => void): void =>
      this.#target?.send(kind, Buffer.concat([strings(handle), rest]), take, sent);
    if (this.#pending === 0 && kind !== packet.fsetstat) {
      if (!this.#handles.forward(request, send)) answered();
      return;
    }
    this.#after(async () => {
      const allowed = kind !== packet.fsetstat || (await this.#handles.mayChange(request, this.session.scene));
      if (!allowed || !this.#handles.forward(request, send)) answered();
    });
  }

  async #start(): Promise<void> {
    const seq = this.session.nextSeq();
    this.session.guard(() => this.session.log.note('channel', seq, { kind: 'sftp' }));
    const action = filesAction(this.session.scene);
    const verdict = await this.#judge(seq, action, 'prepare');
    if (verdict.kind === 'deny') return this.#giveUp(refusalText(verdict), refusedStatus);
    verdict.permit.take();
    this.#target = await TargetFiles.start(this.session, () => this.#lost());
    this.session.settle(seq, verdict, this.#target ? 'started' : 'not there', this.#target ? 'completed' : 'failed');
    if (!this.#target) return this.#giveUp(line('the target transfers no files'), brokenStatus);
    if (this.#over.signal.aborted) return this.#target.close();
    this.#home = (await this.#target.realpath('.')) ?? '/';
    // No extensions: each would be an operation that nobody here knows.
    this.#send(frame(packet.version, new ByteWriter(4).uint32(3).finish()));
  }

  async #onPath(request: PathRequest): Promise<void> {
    const target = this.#target;
    if (!target || this.#over.signal.aborted) return;
    if (request.type === packet.realpath && (request.path === '.' || request.path === '')) {
      return this.#answerPath(request.id, this.#home);
    }
    const first = await placePath(target, this.#home, request.path, request.follows);
    const second =
      request.type === packet.rename ? await placePath(target, this.#home, request.second!, false) : undefined;
    const other = second?.path ?? request.second ?? '';
    const seq = this.session.nextSeq();
    const action = this.#action(request, first.path, other);
    let verdict = await this.#judge(seq, action);
    // Both ends of a rename are places that are written to.
    if (verdict.kind === 'permit' && second) {
      const there = await this.#judge(this.session.nextSeq(), this.#action(request, second.path, first.path));
      if (there.kind === 'deny') {
        this.session.settle(seq, verdict, 'the other end is refused', 'failed');
        verdict = there;
      } else this.session.settle(seq + 1, there, request.operation, 'completed');
    }
    if (verdict.kind === 'deny') {
      if (!quiet.has(request.operation)) this.#tell(refusalText(verdict));
      return this.#status(request.id, 'denied', refusalText(verdict).trim());
    }
    const reachable = first.reachable && second?.reachable !== false;
    if (!reachable || this.#over.signal.aborted) {
      this.session.settle(seq, verdict, 'no such file', 'failed');
      return this.#status(request.id, 'noSuchFile', 'no such file');
    }
    await this.#forward(seq, request, action, verdict, [first.path, request.second === undefined ? undefined : other]);
  }

  #action(request: PathRequest, path: string, target: string): Action {
    const verbs: SshVerb[] = [
      ...(request.reads ? ['sftpRead' as const] : []),
      ...(request.writes ? ['sftpWrite' as const] : []),
    ];
    const content = request.opens === 'file' && request.reads;
    return fileAction(this.session.scene, verbs, { operation: request.operation, path, target }, content);
  }

  #forward(
    seq: number,
    request: PathRequest,
    action: Action,
    verdict: Permitted<Action>,
    [path, second]: readonly [string, string | undefined],
  ): Promise<void> {
    verdict.permit.take();
    if (request.type === packet.realpath) {
      this.session.settle(seq, verdict, 'realpath', 'completed');
      this.#answerPath(request.id, path);
      return Promise.resolve();
    }
    return new Promise((resolve) =>
      this.#target!.send(request.type, requestFields(request, path, second), (answer) => {
        this.session.guard(() => this.#answered({ seq, request, action, verdict, path }, answer));
        resolve();
      }),
    );
  }

  #answered({ seq, request, action, verdict, path }: Asked, answer: Answer | undefined): void {
    if (!answer) return this.session.settle(seq, verdict, 'no answer', 'unknown');
    if (answer.type === packet.handle && request.opens) {
      const file = new OpenFile(seq, path, request.opens);
      file.finish = this.session.watch({ seq, action, verdict, cut: () => (file.withdrawn = true) });
      this.#handles.opened(answer.fields, file);
    } else {
      const code = answer.type === packet.status ? new ByteReader(answer.fields).uint32() : 0;
      this.session.settle(seq, verdict, `status ${code}`, code === 0 ? 'completed' : 'failed');
    }
    this.#send(numbered(answer.type, request.id, answer.fields), () => answer.done());
  }

  async #judge(seq: number, action: Action, phase: 'prepare' | 'execute' = 'execute') {
    return this.session.judge(
      seq,
      { request: action, action, phase, opaque: true },
      { pending: (approval) => this.#tell(holdText(approval, this.session.host)), signal: this.#over.signal },
    );
  }

  #answerPath(id: number, path: string): void {
    const name = Buffer.concat([strings(path, path), new ByteWriter(4).uint32(0).finish()]);
    this.#send(numbered(packet.name, id, Buffer.concat([new ByteWriter(4).uint32(1).finish(), name])));
  }

  #status(id: number, code: Status, text: string): void {
    this.#send(statusPacket(id, code, text));
  }

  #send(bytes: Buffer, sent?: () => void): void {
    this.session.log.whenCalm(() => this.client.write(bytes, false, sent));
  }

  #tell(text: string): void {
    this.client.write(Buffer.from(text), true);
  }

  #giveUp(text: string, code: number): void {
    this.#tell(text);
    this.client.requestAfterData('exit-status', new ByteWriter(4).uint32(code).finish());
    this.client.eof();
    this.client.close();
  }

  /** In its turn. What it throws ends the channel: its order can no longer be kept. */
  #after(act: () => Promise<void> | void): void {
    this.#pending += 1;
    this.#tail = this.#tail
      .then(act)
      .catch((error: unknown) => {
        this.session.host.log('warn', 'a file transfer broke off', {
          reason: error instanceof Error ? error.message : '',
        });
        this.client.abort();
      })
      .finally(() => (this.#pending -= 1));
  }

  #finish(): void {
    if (this.#over.signal.aborted) return;
    this.client.requestAfterData('exit-status', new ByteWriter(4).uint32(0).finish());
    this.client.eof();
    this.client.close();
    this.#end();
  }

  #lost(): void {
    if (this.#over.signal.aborted || !this.#target) return;
    this.#giveUp(line('the target ended the file transfer'), brokenStatus);
    this.#end();
  }

  #end(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#handles.closeAll();
    this.#target?.close();
  }
}

interface Asked {
  readonly seq: number;
  readonly request: PathRequest;
  readonly action: Action;
  readonly verdict: Permitted<Action>;
  readonly path: string;
}
