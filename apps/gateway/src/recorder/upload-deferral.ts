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
const busyAbove = 0.5;
/** From this use of the spool on, its growth matters more than a busy moment. */
const fullAbove = 0.5;
/** Longest time that recordings stay behind because of sessions. Milliseconds. */
const longestMs = 30_000;
/** Milliseconds between two looks at the event loop: a shorter span says little. */
const spanMs = 200;

/**
 * Says when uploads should wait: delivering a recording costs this process and the control plane as much as serving the
 * session that made it. Bounded: what has waited for half a minute goes, and so does everything once the spool fills up.
 */
export function uploadDeferral(options: DeferralOptions): () => boolean {
  const { now = () => performance.now(), utilisation = utilisationSinceLastCall() } = options;
  let lookedAt = now();
  let busy = false;
  let since: number | undefined;
  return () => {
    const time = now();
    if (time - lookedAt >= spanMs) {
      lookedAt = time;
      busy = utilisation() > busyAbove;
    }
    if (!busy || options.spoolUse() > fullAbove) {
      since = undefined;
      return false;
    }
    since ??= time;
    // One round of uploads goes, then the wait begins anew.
    if (time - since > longestMs) since = undefined;
    return since !== undefined;
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
