export type {
  AnswerPlan,
  AskedUpstream,
  ForwardRequest,
  HttpProtocol,
  HttpTarget,
  InspectedRequest,
  Inspection,
  LocalResponse,
  OpenedAnswer,
  Refusal,
  Refused,
  RunningTunnel,
  TargetServices,
  TunnelHandler,
  TunnelSides,
  TunnelTape,
  Understood,
  UpstreamAnswer,
} from './protocol.js';
export { forwardedHeaders } from './request-headers.js';
export { contentCodings } from './content-coding.js';
export type { HttpsEntranceOptions } from './https-entrance.js';
export { createHttpsEntrance } from './https-entrance.js';
