import type { Action } from '@sallyport/domain';
import type { Permitted, Refused } from '@sallyport/enforcement';
import { refusalText } from '../../refuse.js';
import type { Status } from './packets.js';
import type { Answer } from './target-files.js';

/** What policy said of one operation. */
export interface Judged {
  readonly seq: number;
  readonly action: Action;
  readonly verdict: Permitted<Action> | Refused;
}
export interface Allowed extends Judged {
  readonly verdict: Permitted<Action>;
}

export function isAllowed(judged: Judged): judged is Allowed {
  return judged.verdict.kind === 'permit';
}

/** How what is asked of files is judged and answered. */
export interface FileAnswers {
  /**
   * Numbers the operation and has it judged; waits for people where policy asks for them.
   * @param maskable whether its result can be shown masked; otherwise it is refused where policy asks for that
   */
  judge(action: Action, maskable?: boolean): Promise<Judged>;
  /** The target's answer, under the client's number. */
  pass(id: number, answer: Answer): void;
  /** The gateway's own answer. */
  status(id: number, code: Status, text: string): void;
  /** The gateway's own answer to a question for a path. */
  path(id: number, path: string): void;
  /** On the error output, where people read it. */
  tell(text: string): void;
  readonly over: AbortSignal;
}

export function refuseFile(answers: FileAnswers, id: number, refused: Refused): void {
  answers.status(id, 'denied', refusalText(refused).trim());
}
