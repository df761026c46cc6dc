import type { Action, Decision, DecisionRecord, SessionInfo } from '@sallyport/domain';
import { initialChain, nextChain, segmentDigest } from './digest.js';
import { encodeSegmentHeader } from './format.js';
import { FrameBuffer } from './frame-buffer.js';
import { RecordingWriter } from './writer.js';

/** For tests: a recording in memory, cut into segments whenever the test says so. */
export const sampleSession: SessionInfo = {
  id: '0192d6a0-6c1e-7000-8000-0123456789ab',
  principal: { type: 'ServiceAccount', id: 'ci', groups: ['ci'], roles: [] },
  credentialId: 'key-1',
  resource: 'shop',
  protocol: 'postgres',
  gateway: 'local',
  clientAddress: '127.0.0.1',
  startedAt: '2026-01-02T03:04:05.000Z',
};

export function sampleDecision(seq: number, text = 'select 1', effect: 'permit' | 'deny' = 'permit'): DecisionRecord {
  const action: Action = {
    protocol: 'postgres',
    kind: 'SELECT',
    text,
    effects: [
      {
        verb: 'select',
        object: { kind: 'Table', resource: 'shop', schema: 'public', table: 'orders' },
        columns: ['id'],
      },
    ],
    context: {},
    lineage: { results: [null], usedElsewhere: [] },
    fingerprint: text,
  };
  const because = [
    { code: effect === 'permit' ? ('permitted' as const) : ('forbidden' as const), policy: 'ci-on-shop' },
  ];
  const decision: Decision =
    effect === 'permit'
      ? { effect, because, obligations: [], policyRevision: 7 }
      : { effect, because, policyRevision: 7 };
  return { seq, phase: 'execute', action, decision };
}

export class MemoryRecording {
  readonly segments: Buffer[] = [];
  readonly writer: RecordingWriter;
  #open: Buffer[] = [];
  #chain = initialChain(sampleSession.id);

  constructor(buffer = new FrameBuffer()) {
    this.writer = new RecordingWriter(sampleSession.id, buffer, {
      append: (frames, rest) => {
        if (this.#open.length === 0)
          this.#open.push(encodeSegmentHeader(sampleSession.id, this.segments.length, this.#chain));
        this.#open.push(Buffer.from(frames), Buffer.from(rest ?? []));
      },
    });
  }

  seal(): void {
    this.writer.flush();
    if (this.#open.length === 0) return;
    const segment = Buffer.concat(this.#open);
    this.#open = [];
    this.writer.segmentEnded();
    this.segments.push(segment);
    this.#chain = nextChain(this.#chain, segmentDigest(segment));
  }

  get chain(): string {
    return this.#chain.toString('hex');
  }

  get bytes(): Buffer {
    return Buffer.concat(this.segments);
  }
}
