import type { ApprovalOutcome } from '@sallyport/enforcement';
import type { Obligation } from '@sallyport/domain';
import type { TunnelSides } from '@sallyport/http-core';
import type { StreamMask } from '@sallyport/masking';

/** What the request, as it was judged, asks the streams for. */
export type StreamUse = RemoteCommandUse | PortForwardUse;

/** exec and attach. */
export interface RemoteCommandUse {
  readonly kind: 'remoteCommand';
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
  /** How output is masked under these obligations, a fresh mask for each stream; absent: it is not. */
  readonly mask?: (obligations: readonly Obligation[]) => (() => StreamMask) | undefined;
}

export interface PortForwardUse {
  readonly kind: 'portForward';
  /** The ports that the request names, in its order; SPDY clients name none there but one with each stream. */
  readonly ports: readonly number[];
  /** Whether a port that a stream names may be forwarded to, asked for each stream. Throwing refuses. */
  mayForward(port: number, sides: TunnelSides): boolean;
}

/** How a stream ended. */
export interface Completion {
  /** `exit 0`, `exit 137`, a Status reason, or `lost` where nobody said how it ended. */
  readonly text: string;
  readonly outcome: ApprovalOutcome;
}

export const lost: Completion = { text: 'lost', outcome: 'unknown' };

/** A side does what the protocol, or what was judged, does not allow. Both sides end. The text is safe to show. */
export class StreamFault extends Error {
  override readonly name = 'StreamFault';
  constructor(
    readonly side: 'client' | 'upstream',
    message: string,
    /** For WebSockets, what the close frame says. */
    readonly closeCode: 1002 | 1003 | 1008 = 1002,
  ) {
    super(message);
  }
}
