import { createHash, type Hash } from 'node:crypto';
import type { ApprovalOutcome } from '@sallyport/enforcement';
import type { MaskedCopy } from './masked-copy.js';
import type { PathRequest } from './requests.js';

/** What the recording keeps of the bytes that went one way. */
class Transfer {
  bytes = 0;
  #hash: Hash | undefined = createHash('sha256');
  #next = 0n;

  add(offset: bigint, data: Buffer): void {
    this.bytes += data.length;
    // What comes out of order is no longer the content of a file from its start.
    if (offset !== this.#next) this.#hash = undefined;
    this.#hash?.update(data);
    this.#next = offset + BigInt(data.length);
  }

  /** Empty when the bytes did not come in order. */
  get sha256(): string {
    return this.#hash?.copy().digest('hex') ?? '';
  }
}

export type OpenedFor = Pick<PathRequest, 'reads' | 'writes' | 'opens'>;

/** A file or folder that a client has open. */
export class OpenFile {
  readonly received = new Transfer();
  readonly sent = new Transfer();
  /** Access was withdrawn meanwhile. */
  withdrawn = false;
  /** Where its content is masked: what is shown in its place. */
  copy: MaskedCopy | undefined;
  finish: (completion: string, outcome: ApprovalOutcome) => void = () => undefined;

  constructor(
    readonly seq: number,
    readonly path: string,
    /** What it was opened for, and so what was judged. */
    readonly allows: OpenedFor,
  ) {}

  close(completion: string, outcome: ApprovalOutcome): void {
    this.copy?.release();
    this.finish(completion, outcome);
  }

  /** For the recording: one entry for each direction in which anything went. */
  get transfers(): readonly (readonly [direction: string, transfer: Transfer])[] {
    return (
      [
        ['download', this.sent],
        ['upload', this.received],
      ] as const
    ).filter(([, { bytes }]) => bytes > 0);
  }
}
