import type { ApprovalOutcome } from '@sallyport/enforcement';
import { ByteReader } from '@sallyport/wire-kit';
import { readString } from '../../connection/wire.js';
import { fileAction } from '../../inspect.js';
import type { SshSession } from '../../session.js';
import { isAllowed, refuseFile, type FileAnswers } from './file-answers.js';
import type { OpenFile } from './open-files.js';
import { packet } from './packets.js';
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

  /** @param fields of the target's answer: its handle */
  opened(fields: Buffer, file: OpenFile): void {
    // Beyond the bound the handle stays unknown here, so it leads nowhere.
    if (this.#files.size < maxOpen) this.#files.set(keyOf(readString(new ByteReader(fields))), file);
    else file.finish('too many open files', 'unknown');
  }

  /** @returns whether it went on; otherwise it has been answered */
  forward(request: HandleRequest, send: (answered: (answer: Answer | undefined) => void) => void): boolean {
    const file = this.#files.get(keyOf(request.handle));
    const { id, type, offset, data } = request;
    if (!file || (file.withdrawn && type !== packet.close)) {
      this.answers.status(id, file ? 'denied' : 'failure', file ? 'access was withdrawn' : 'no such handle');
      return false;
    }
    if (!isOpenedFor(type, file)) {
      this.answers.status(id, 'denied', 'it was not opened for that');
      return false;
    }
    if (type === packet.write) file.received.add(offset!, data!);
    if (type === packet.close) this.#close(keyOf(request.handle), file, 'closed', 'completed');
    send((answer) => {
      if (answer) this.#answered(file, request, answer);
    });
    return true;
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

  #answered(file: OpenFile, { id, type, offset }: HandleRequest, answer: Answer): void {
    if (file.withdrawn && type !== packet.close) {
      this.answers.status(id, 'denied', 'access was withdrawn');
      return answer.done();
    }
    if (type === packet.read && answer.type === packet.data) {
      file.sent.add(offset!, readString(new ByteReader(answer.fields)));
    }
    this.answers.pass(id, answer);
  }

  #close(key: string, file: OpenFile, completion: string, outcome: ApprovalOutcome): void {
    this.#files.delete(key);
    this.session.guard(() => {
      for (const [direction, { bytes, sha256 }] of file.transfers) {
        this.session.log.note('file', file.seq, { path: file.path, direction, bytes, sha256 });
      }
    });
    file.finish(completion, outcome);
  }
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
