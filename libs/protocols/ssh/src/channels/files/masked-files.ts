import { decisionId } from '@sallyport/domain';
import { ByteReader } from '@sallyport/wire-kit';
import { readString } from '../../connection/wire.js';
import { outputMasks } from '../../mask.js';
import { refusalText } from '../../refuse.js';
import type { SshSession } from '../../session.js';
import { regularFileSize } from './attributes.js';
import { refuseFile, type Allowed, type FileAnswers } from './file-answers.js';
import type { HandleRequests } from './handle-requests.js';
import { checkSize, loadCopy } from './load-copy.js';
import { CopyRefusal } from './masked-copy.js';
import { OpenFile } from './open-files.js';
import { packet, strings } from './packets.js';
import { requestFields, type PathRequest } from './requests.js';
import type { Answer, TargetFiles } from './target-files.js';

/** From its name to the whole of its content: a target that takes longer for a small file does not want to. Milliseconds. */
const openTimeoutMs = 30_000;

/** A file that was let through to be read with its content masked. */
interface Opening {
  readonly request: PathRequest;
  readonly path: string;
  readonly judged: Allowed;
  readonly file: OpenFile;
  /** Aborted when nobody may have it or wants it any more, or when it took too long. */
  readonly signal: AbortSignal;
}

/**
 * Opens files whose content has to be masked. Clients read in any order and more than once, which the mask of a stream
 * does not bear: a small text is read whole and masked when it is opened, and that copy is all that is shown of it.
 * Everything else is refused.
 */
export class MaskedFiles {
  constructor(
    private readonly session: SshSession,
    private readonly answers: FileAnswers,
    private readonly handles: HandleRequests,
    private readonly target: TargetFiles,
  ) {}

  /** Resolves when the request is answered. */
  async open(request: PathRequest, path: string, judged: Allowed): Promise<void> {
    const { seq, action, verdict } = judged;
    const file = new OpenFile(seq, path, request);
    const withdrawal = new AbortController();
    const cut = (): void => {
      file.withdrawn = true;
      withdrawal.abort();
    };
    file.finish = this.session.watch({ seq, action, verdict, cut });
    const signal = AbortSignal.any([withdrawal.signal, this.answers.over, AbortSignal.timeout(openTimeoutMs)]);
    try {
      await this.#open({ request, path, judged, file, signal });
    } catch (error) {
      file.close(error instanceof Error ? error.message : 'unknown', 'failed');
      if (file.withdrawn) return this.#refuse(request, judged, 'access was withdrawn');
      if (!signal.aborted && !(error instanceof CopyRefusal)) throw error;
      this.#refuse(request, judged, error instanceof CopyRefusal ? error.message : 'it took too long');
    }
  }

  /** @throws CopyRefusal */
  async #open(opening: Opening): Promise<void> {
    const { request, path, judged, signal } = opening;
    const masks = outputMasks(judged.verdict.obligations, this.session.host.pseudonymKey);
    if (!masks || request.type !== packet.open || request.writes) throw new CopyRefusal('its content cannot be masked');
    if (this.handles.full) throw new CopyRefusal('too many open files');
    // Asked by name first: a pipe or a device might not even open, or do something when it does.
    const found = await this.target.ask(packet.stat, strings(path), signal);
    if (found?.type !== packet.attributes) return this.#passOn(opening, found);
    checkSize(regularFileSize(found.fields));
    const opened = await this.target.ask(packet.open, requestFields(request, path, undefined), signal);
    if (opened?.type !== packet.handle) return this.#passOn(opening, opened);
    const handle = readString(new ByteReader(opened.fields));
    try {
      opening.file.copy = await loadCopy(this.target, { handle, mask: masks.out, budget: this.session.copies, signal });
      signal.throwIfAborted();
    } catch (error) {
      this.target.send(packet.close, strings(handle), (answer) => answer?.done());
      throw error;
    }
    this.handles.opened(opened.fields, opening.file);
    this.answers.pass(request.id, opened);
  }

  /** What the target says of a file that it does not open. */
  #passOn({ request, file, signal }: Opening, answer: Answer | undefined): void {
    if (!answer) signal.throwIfAborted();
    if (!answer) return file.close('no answer', 'unknown');
    if (answer.type !== packet.status) throw new CopyRefusal('the target does not say what it is');
    file.close(`status ${new ByteReader(answer.fields).uint32()}`, 'failed');
    this.answers.pass(request.id, answer);
  }

  #refuse({ id }: PathRequest, { seq }: Allowed, text: string): void {
    const decided = decisionId(this.session.context.session.id, seq);
    const refused = { kind: 'deny', decisionId: decided, because: [{ code: 'cannot-perform', text }] } as const;
    this.answers.tell(refusalText(refused));
    refuseFile(this.answers, id, refused);
  }
}
