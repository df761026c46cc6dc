export type {
  BodyReader,
  BodySink,
  BodyWriter,
  CanonicalTarget,
  HeaderField,
  RequestHead,
  ResponseHead,
  ServerConnection,
  ServerRequest,
  Tunnel,
  UpstreamExchange,
  UpstreamHandlers,
  UpstreamRequest,
} from './message.js';
export { WireFault } from './message.js';
export type { Lookup, ResolveOptions, TargetAddress } from './upstream/address.js';
export { guardAddress, resolveTarget } from './upstream/address.js';
export type { UpstreamEndpoint } from './upstream/dial.js';
export type { UpstreamLimits } from './upstream/upstream-limits.js';
export { defaultUpstreamLimits } from './upstream/upstream-limits.js';
export type { UpstreamPoolOptions } from './upstream/upstream-pool.js';
export { UpstreamPool } from './upstream/upstream-pool.js';
