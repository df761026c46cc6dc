import { Injectable } from '@nestjs/common';
import type { Replies, ToControlPlane } from '@sallyport/gateway-contract';
import { ApprovalIntake } from '../approvals/approval-intake.js';
import { ApprovalRelease } from '../approvals/approval-release.js';
import { ApprovalsQueries } from '../approvals/approvals.queries.js';
import { RecordingsService } from '../recordings/recordings.service.js';
import type { GatewayIdentity } from '../sessions/session.store.js';
import { SessionsService } from '../sessions/sessions.service.js';
import type { GatewayPush } from './push.js';

/** What a gateway may say once it has proved who it is; the rest of the contract opens the connection. */
export type HandledType = Exclude<keyof ToControlPlane, 'gateway.enrol' | 'gateway.hello' | 'lease.renew'>;

export interface MessageContext {
  readonly gateway: GatewayIdentity;
  /** Of a binary frame; empty for a text frame. */
  readonly attachment: Buffer;
  readonly push: (message: GatewayPush) => void;
}

interface Handler<T extends HandledType> {
  /** Messages with the same key are handled in the order they came; others need not wait for each other. */
  readonly order: (body: ToControlPlane[T]) => string;
  readonly handle: (body: ToControlPlane[T], context: MessageContext) => Promise<Replies[T]>;
}
export type Handlers = { readonly [T in HandledType]: Handler<T> };

/** One entry per message: a type that is missing here does not compile. */
@Injectable()
export class MessageHandlers {
  readonly table: Handlers;

  constructor(
    sessions: SessionsService,
    intake: ApprovalIntake,
    release: ApprovalRelease,
    approvals: ApprovalsQueries,
    recordings: RecordingsService,
  ) {
    const done = (work: Promise<void>): Promise<Record<string, never>> => work.then(() => ({}));
    this.table = {
      'session.opened': {
        order: (body) => body.id,
        handle: (body, { gateway }) => done(sessions.opened(gateway, body)),
      },
      'session.closed': {
        order: (body) => body.sessionId,
        handle: (body, { gateway }) => done(sessions.closed(gateway, body)),
      },
      'exchange.held': {
        order: (body) => body.id,
        handle: async (body, { gateway, push }) => {
          await intake.hold(gateway, body);
          // Said again after a lost connection: it may have been decided meanwhile.
          const resolved = await approvals.resolution(body.id);
          if (resolved) push({ type: 'approval.resolved', body: resolved });
          return {};
        },
      },
      'approval.find': {
        order: (body) => body.bindingHash,
        handle: async (body) => ({ approval: await approvals.find(body) }),
      },
      'approval.consume': {
        order: (body) => body.approvalId,
        handle: async (body, { gateway }) => ({ consumed: await release.consume(gateway, body) }),
      },
      'approval.abandon': {
        order: (body) => body.approvalId,
        handle: (body, { gateway }) => done(release.abandon(gateway, body)),
      },
      'approval.outcome': {
        order: (body) => body.approvalId,
        handle: (body, { gateway }) => done(release.outcome(gateway, body)),
      },
      'recording.segment': {
        order: (body) => `recording ${body.sessionId}`,
        handle: async (body, { gateway, attachment }) => {
          await sessions.requireRecordedBy(gateway, body.sessionId);
          await recordings.store(body, attachment);
          return {};
        },
      },
    };
  }
}

export function isHandledType(type: string): type is HandledType {
  return handledTypes.has(type);
}

const handledTypes: ReadonlySet<string> = new Set<HandledType>([
  'session.opened',
  'session.closed',
  'exchange.held',
  'approval.find',
  'approval.consume',
  'approval.abandon',
  'approval.outcome',
  'recording.segment',
]);
