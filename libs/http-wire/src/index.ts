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
export { canonicalAuthority } from './headers/authority.js';
export { isFieldValue, isToken } from './headers/field-syntax.js';
export { serveHttp } from './h1/h1-connection.js';
export { serveHttp2 } from './h2/h2-connection.js';
export { acceptHttp } from './server/accept-http.js';
export type { ServeOptions } from './server/serve-options.js';
export type { ServerLimits } from './server/server-limits.js';
export { defaultServerLimits } from './server/server-limits.js';
export { canonicalPath, parseTarget } from './target.js';
export type { WebSocketOffer, WebSocketRequest } from './websocket/handshake.js';
export {
  acceptOf,
  offeredProtocols,
  offerWebSocket,
  readWebSocketRequest,
  settleWebSocket,
  webSocketAnswer,
} from './websocket/handshake.js';
export { WebSocketFault } from './websocket/frame.js';
export type { WebSocketEnd, WebSocketEvents, WebSocketOptions } from './websocket/web-socket-peer.js';
export { WebSocketPeer } from './websocket/web-socket-peer.js';
