import type { Action } from '@sallyport/domain';
import type { Permitted, Refused } from '@sallyport/enforcement';
import { ByteReader } from '@sallyport/wire-kit';
import { readString } from '../../connection/wire.js';
import { fileAction, type Scene } from '../../inspect.js';
import { refusalText } from '../../refuse.js';
import type { SshSession } from '../../session.js';
import type { OpenFile } from './open-files.js';
import { packet, status, type Status } from './packets.js';
import type { HandleRequest } from './requests.js';
import type { Answer } from './target-files.js';

/** At once in one file transfer. */
const maxOpen = 256;

export interface HandleAnswers {
  answer(id: number, type: number, fields: Buffer, done: () => void): void;
  status(id: number, code: Status, text: string): void;
  judge(action: Action): Promise<Permitted<Action> | Refused>;
}

/** What is asked of files that are open: they were judged when they were opened. */
export class HandleRequests {
  readonly #files = new Map<string, OpenFile>();

  constructor(
    private readonly session: SshSession,
    private readonly answers: HandleAnswers,
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
    if (type === packet.write) file.received.add(offset!, data!);
    if (type === packet.close) this.#close(keyOf(request.handle), file);
    send((answer) => {
      if (!answer) return;
      if (answer.type === packet.data && type === packet.read && !file.withdrawn) {
        file.sent.add(offset!, readString(new ByteReader(answer.fields)));
      }
      if (file.withdrawn && type !== packet.close) {
        this.answers.status(id, 'denied', 'access was withdrawn');
        return answer.done();
      }
      this.answers.answer(id, answer.type, answer.fields, () => answer.done());
    });
    return true;
  }

  /** Changing a file's attributes is an exchange of its own, however the file was opened. */
  async mayChange(request: HandleRequest, scene: Scene): Promise<boolean> {
    const file = this.#files.get(keyOf(request.handle));
    if (!file) return true;
    const facts = { operation: 'setstat', path: file.path, target: '' };
    const verdict = await this.answers.judge(fileAction(scene, ['sftpWrite'], facts, false));
    if (verdict.kind === 'deny') {
      this.answers.status(request.id, 'denied', refusalText(verdict).trim());
      return false;
    }
    verdict.permit.take();
    if (verdict.approvalId) this.session.context.approvals.report(verdict.approvalId, 'completed', 'setstat');
    return true;
  }

  closeAll(): void {
    for (const [key, file] of [...this.#files]) this.#close(key, file);
  }

  #close(key: string, file: OpenFile): void {
    this.#files.delete(key);
    this.session.guard(() => {
      for (const [direction, { bytes, sha256 }] of file.transfers) {
        this.session.log.note('file', file.seq, { path: file.path, direction, bytes, sha256 });
      }
    });
    file.finish(`status ${status.ok}`, 'completed');
  }
}

function keyOf(handle: Buffer): string {
  return handle.toString('latin1');
}
