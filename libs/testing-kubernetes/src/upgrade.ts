import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ApiRequest } from './api-request.js';
import type { Cluster } from './cluster.js';
import type { ResourceRequest } from './request-info.js';
import { StatusError } from './status-error.js';

export interface UpgradeServices {
  readonly cluster: Cluster;
}
/** A connection whose client asked to leave HTTP. */
export interface Upgrade {
  readonly request: ApiRequest;
  readonly target: ResourceRequest;
  readonly raw: IncomingMessage;
  readonly socket: Duplex;
  /** What the client sent behind its request. */
  readonly head: Buffer;
}

/** @throws StatusError while HTTP can still be answered */
export async function serveUpgrade(_services: UpgradeServices, _upgrade: Upgrade): Promise<void> {
  throw StatusError.badRequest('unable to upgrade');
}
