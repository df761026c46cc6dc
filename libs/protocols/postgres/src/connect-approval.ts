import type { Action } from '@sallyport/domain';
import {
  awaitApproval,
  type EnforcementContext,
  type GatewayHost,
  type Held,
  type Permitted,
  type Refused,
} from '@sallyport/enforcement';
import type { MessageStream } from './message-stream.js';
import { holdNotice } from './refuse.js';

/** A connection that waits for people, no longer than a transaction might: a client that is not in yet holds a place too. */
export async function awaitConnectApproval(
  context: EnforcementContext,
  held: Held<Action>,
  stream: MessageStream,
  host: GatewayHost,
): Promise<Permitted<Action> | Refused> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  stream.socket.once('close', leave).once('end', leave);
  try {
    return await awaitApproval(context, held, {
      pending: (approval) => stream.socket.write(holdNotice(approval)),
      reinspect: () => Promise.resolve({ action: held.exchange.action }),
      signal: gone.signal,
      maxWaitSeconds: host.limits.maxHoldInTransactionSeconds,
    });
  } finally {
    stream.socket.off('close', leave).off('end', leave);
  }
}
