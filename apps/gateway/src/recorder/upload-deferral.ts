import { performance } from 'node:perf_hooks';

export interface DeferralOptions {
  /** Share of the spool's quota in use, 0 to 1. */
  readonly spoolUse: () => number;
  /** Milliseconds, monotonic. */
  readonly now?: () => number;
  /** Share of the time since the last call that the event loop was busy, 0 to 1. */
  readonly utilisation?: () => number;
}

/** Above this share of busy time, sessions come first. */
const busyAbove = 0.25;
/** From this use of the spool on, its growth matters more than a busy moment. */
const fullAbove = 0.5;
/** Milliseconds between two looks at the event loop: a shorter span says little. */
const spanMs = 200;

/**
 * Says when uploads should wait: delivering a recording costs this process and the control plane as much as serving the
 * session that made it. How long they may be made to wait is the uploader's to say.
 */
export function uploadDeferral(options: DeferralOptions): () => boolean {
  const { now = () => performance.now(), utilisation = utilisationSinceLastCall() } = options;
  let lookedAt = now();
  let busy = false;
  return () => {
    const time = now();
    if (time - lookedAt >= spanMs) {
      lookedAt = time;
      busy = utilisation() > busyAbove;
    }
    return busy && options.spoolUse() <= fullAbove;
  };
}

function utilisationSinceLastCall(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const current = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(current, last);
    last = current;
    return utilization;
  };
}
