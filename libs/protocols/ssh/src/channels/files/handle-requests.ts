import type { ApprovalOutcome } from '@sallyport/enforcement';
import { ByteReader } from '@sallyport/wire-kit';
import { readString } from '../../connection/wire.js';
import { fileAction } from '../../inspect.js';
import type { SshSession } from '../../session.js';
import { isAllowed, refuseFile, type FileAnswers } from './file-answers.js';
import { withSize } from './attributes.js';
import type { MaskedCopy } from './masked-copy.js';
import type { OpenFile } from './open-files.js';
import { packet, strings } from './packets.js';
import type { HandleRequest } from './requests.js';
import type { Answer } from './target-files.js';

/** At once in one file transfer. */
const maxOpen = 256;

/** What is asked of files that are open: they were judged when they were opened. */
export class HandleRequests {
  readonly #files = new Map<string, OpenFile>();

  constructor(
    private readonly session: SshSession,
    private readonly answers: FileAnswers,
  ) {}

  get full(): boolean {
    return this.#files.size >= maxOpen;
  }

  /** @param fields of the target's answer: its handle */
  opened(fields: Buffer, file: OpenFile): void {
    // Beyond the bound the handle stays unknown here, so it leads nowhere.
    if (this.full) return file.close('too many open files', 'unknown');
    const key = keyOf(readString(new ByteReader(fields)));
    const former = this.#files.get(key);
    if (former) this.#close(key, former, 'its handle was given to another file', 'unknown');
    this.#files.set(key, file);
  }

  /** @returns whether it went on; otherwise it has been answered */
  forward(request: HandleRequest, send: (answered: (answer: Answer | undefined) => void) => void): boolean {
    const file = this.#usable(request);
    if (!file) return false;
    const { type, offset, data } = request;
    if (type === packet.read && file.copy) throw new Error('what is masked is not read from the target');
    if (type === packet.write) file.received.add(offset!, data!);
    if (type === packet.close) this.#close(keyOf(request.handle), file, 'closed', 'completed');
    send((answer) => {
      if (answer) this.#answered(file, request, answer);
    });
    return true;
  }

  /** Whether it is answered from a copy and not by the target. */
  readsCopy({ type, handle }: HandleRequest): boolean {
    return type === packet.read && this.#files.get(keyOf(handle))?.copy !== undefined;
  }

  /** Resolves when the answer has left; never when the client has. */
  async readCopy(request: HandleRequest): Promise<void> {
    const file = this.#usable(request);
    if (!file?.copy) return;
    const { id, offset, length } = request;
    const data = file.copy.read(offset!, length!);
    if (!data) return this.answers.status(id, 'eof', 'end of file');
    file.sent.add(offset!, data);
    await new Promise<void>((done) => this.answers.pass(id, { type: packet.data, fields: strings(data), done }));
  }

  /** The masked copy that is open under this path. */
  copyOf(path: string): MaskedCopy | undefined {
    return [...this.#files.values()].findLast((file) => file.path === path && file.copy)?.copy;
  }

  /** Changing a file's attributes is an exchange of its own, however the file was opened. @returns whether it may be */
  async mayChange(request: HandleRequest): Promise<boolean> {
    const file = this.#files.get(keyOf(request.handle));
    if (!file) return true;
    const facts = { operation: 'setstat', path: file.path, target: '' };
    const judged = await this.answers.judge(fileAction(this.session.scene, ['sftpWrite'], facts, false));
    if (judged.verdict.kind === 'deny') {
      refuseFile(this.answers, request.id, judged.verdict);
      return false;
    }
    if (!isAllowed(judged)) return false;
    judged.verdict.permit.take();
    this.session.settle(judged.seq, judged.verdict, 'setstat', 'completed');
    return true;
  }

  /** The client left them open. */
  closeAll(): void {
    for (const [key, file] of [...this.#files]) this.#close(key, file, 'left open', 'unknown');
  }

  /** Undefined when it has been answered: there is none, or not for that. */
  #usable({ id, type, handle }: HandleRequest): OpenFile | undefined {
    const file = this.#files.get(keyOf(handle));
    if (!file) this.answers.status(id, 'failure', 'no such handle');
    else if (file.withdrawn && type !== packet.close) this.answers.status(id, 'denied', 'access was withdrawn');
    else if (!isOpenedFor(type, file)) this.answers.status(id, 'denied', 'it was not opened for that');
    else return file;
    return undefined;
  }

  #answered(file: OpenFile, { id, type, offset }: HandleRequest, answer: Answer): void {
    if (file.withdrawn && type !== packet.close) {
      this.answers.status(id, 'denied', 'access was withdrawn');
      return answer.done();
    }
    if (type === packet.read && answer.type === packet.data) {
      file.sent.add(offset!, readString(new ByteReader(answer.fields)));
    }
    this.answers.pass(id, shownAnswer(answer, file.copy));
  }

  #close(key: string, file: OpenFile, completion: string, outcome: ApprovalOutcome): void {
    this.#files.delete(key);
    this.session.guard(() => {
      const masked = file.copy && { masked: true };
      for (const [direction, { bytes, sha256 }] of file.transfers) {
        this.session.log.note('file', file.seq, { path: file.path, direction, bytes, sha256, ...masked });
      }
    });
    file.close(completion, outcome);
  }
}

/** What a target says of a file's attributes, with the size of what is shown of it. */
export function shownAnswer(answer: Answer, copy: MaskedCopy | undefined): Answer {
  if (!copy || answer.type !== packet.attributes) return answer;
  const { type, fields } = answer;
  return { type, fields: withSize(fields, copy.size), done: () => answer.done() };
}

/** Servers check this too, most of them; here it is what policy was asked about. */
function isOpenedFor(type: number, { allows: { reads, writes, opens } }: OpenFile): boolean {
  if (type === packet.read) return reads && opens === 'file';
  if (type === packet.write) return writes && opens === 'file';
  return type !== packet.readdir || opens === 'folder';
}

function keyOf(handle: Buffer): string {
  return handle.toString('latin1');
}
