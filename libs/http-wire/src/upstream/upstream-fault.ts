import { WireFault } from '../message.js';

/** Whatever went wrong with an upstream, as a fault that is the upstream's: what a client gets to see is 502 or 504. */
export function upstreamFault(cause: unknown, code = 'upstream-broken'): WireFault {
  if (!(cause instanceof WireFault)) return new WireFault(code, 'the exchange with the target broke off', 502);
  if (cause.status === 502 || cause.status === 504) return cause;
  return new WireFault(cause.code, `the target's response is not understood: ${cause.message}`, 502);
}
