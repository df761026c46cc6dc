import type { Action, SshVerb } from '@sallyport/domain';
import { ByteReader } from '@sallyport/wire-kit';
import { fileAction } from '../../inspect.js';
import { refusalText } from '../../refuse.js';
import type { SshSession } from '../../session.js';
import { isAllowed, refuseFile, type Allowed, type FileAnswers, type Judged } from './file-answers.js';
import { shownAnswer, type HandleRequests } from './handle-requests.js';
import { MaskedFiles } from './masked-files.js';
import { OpenFile } from './open-files.js';
import { packet } from './packets.js';
import { placePath } from './paths.js';
import { requestFields, type PathRequest } from './requests.js';
import type { Answer, TargetFiles } from './target-files.js';

/** Probes that clients make on their own: a refusal is an answer, not news. */
const quiet = new Set(['stat', 'lstat', 'realpath', 'readlink']);

/** A request with its paths as the target understands them. */
interface Placed {
  readonly request: PathRequest;
  readonly path: string;
  /** Of a rename: where to. Of a link: the text that it holds. */
  readonly second: string | undefined;
  readonly reachable: boolean;
}

/** Operations on paths: placed, judged, and only then asked of the target. */
export class PathRequests {
  readonly #masked: MaskedFiles;

  constructor(
    private readonly session: SshSession,
    private readonly answers: FileAnswers,
    private readonly handles: HandleRequests,
    private readonly target: TargetFiles,
    /** Where relative paths begin. */
    private readonly home: string,
  ) {
    this.#masked = new MaskedFiles(session, answers, handles, target);
  }

  /** Resolves when the request is answered. */
  async run(request: PathRequest): Promise<void> {
    const isHome = request.path === '.' || request.path === '';
    // Clients ask where they are before their people ask for anything.
    if (request.type === packet.realpath && isHome) return this.answers.path(request.id, this.home);
    const placed = await this.#place(request);
    const judged = await this.#judge(placed);
    if (!isAllowed(judged)) {
      const { verdict } = judged;
      if (verdict.kind !== 'deny') return;
      if (!quiet.has(request.operation)) this.answers.tell(refusalText(verdict));
      return refuseFile(this.answers, request.id, verdict);
    }
    if (!(await this.#isInPlace(placed, judged))) {
      this.session.settle(judged.seq, judged.verdict, 'the path leads elsewhere by now', 'failed');
      return this.answers.status(request.id, 'denied', 'the path leads elsewhere by now');
    }
    if (!placed.reachable || this.answers.over.aborted) {
      this.session.settle(judged.seq, judged.verdict, 'no such file', 'failed');
      return this.answers.status(request.id, 'noSuchFile', 'no such file');
    }
    await this.#forward(placed, judged);
  }

  async #place(request: PathRequest): Promise<Placed> {
    const { target, home } = this;
    const { path, reachable } = await placePath(target, home, request.path, request.follows);
    if (request.type !== packet.rename) return { request, path, second: request.second, reachable };
    const other = await placePath(target, home, request.second ?? '', false);
    return { request, path, second: other.path, reachable: reachable && other.reachable };
  }

  /**
   * People take their time, and meanwhile a link may have been put where a file was: what they let through is what they
   * were shown. Of a rename either end may have waited.
   */
  async #isInPlace(placed: Placed, { verdict }: Allowed): Promise<boolean> {
    const { request, path, second } = placed;
    if (verdict.approvalId === undefined && request.type !== packet.rename) return true;
    const now = await this.#place(request);
    return now.path === path && now.second === second && now.reachable === placed.reachable;
  }

  async #judge({ request, path, second }: Placed): Promise<Judged> {
    const judged = await this.answers.judge(this.#action(request, path, second ?? ''), isMaskable(request));
    if (request.type !== packet.rename || !isAllowed(judged)) return judged;
    // Both ends of a rename are places that are written to: policy that speaks of paths speaks of each.
    const there = await this.answers.judge(this.#action(request, second ?? '', path));
    if (!isAllowed(there)) {
      this.session.settle(judged.seq, judged.verdict, 'the other end is refused', 'failed');
      return there;
    }
    there.verdict.permit.take();
    this.session.settle(there.seq, there.verdict, 'rename', 'completed');
    return judged;
  }

  #action(request: PathRequest, path: string, target: string): Action {
    const verbs: SshVerb[] = [];
    if (request.reads) verbs.push('sftpRead');
    if (request.writes) verbs.push('sftpWrite');
    const content = request.opens === 'file' && request.reads;
    return fileAction(this.session.scene, verbs, { operation: request.operation, path, target }, content);
  }

  #forward({ request, path, second }: Placed, judged: Allowed): Promise<void> {
    judged.verdict.permit.take();
    if (judged.verdict.obligations.length > 0) return this.#masked.open(request, path, judged);
    if (request.type === packet.realpath) {
      this.session.settle(judged.seq, judged.verdict, 'realpath', 'completed');
      this.answers.path(request.id, path);
      return Promise.resolve();
    }
    return new Promise((resolve) =>
      this.target.send(request.type, requestFields(request, path, second), (answer) => {
        this.session.guard(() => this.#answered(request, path, judged, answer));
        resolve();
      }),
    );
  }

  #answered(request: PathRequest, path: string, { seq, action, verdict }: Allowed, answer: Answer | undefined): void {
    if (!answer) return this.session.settle(seq, verdict, 'no answer', 'unknown');
    if (answer.type === packet.handle && request.opens) {
      const file = new OpenFile(seq, path, request);
      file.finish = this.session.watch({ seq, action, verdict, cut: () => (file.withdrawn = true) });
      this.handles.opened(answer.fields, file);
    } else {
      const code = answer.type === packet.status ? new ByteReader(answer.fields).uint32() : 0;
      this.session.settle(seq, verdict, `status ${code}`, code === 0 ? 'completed' : 'failed');
    }
    const copy = request.type === packet.stat || request.type === packet.lstat ? this.handles.copyOf(path) : undefined;
    this.answers.pass(request.id, shownAnswer(answer, copy));
  }
}

/** What is both read and written cannot be shown as a copy. */
function isMaskable({ type, writes }: PathRequest): boolean {
  return type === packet.open && !writes;
}
