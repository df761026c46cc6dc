import type { IncomingMessage } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import { createSecureServer } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { ApiRequest, HttpRequest, HttpResponse } from './api-request.js';
import type { HandlerServices } from './api-handler.js';
import { authorizeResource, handleApi } from './api-handler.js';
import type { AuditedRequest, AuditLog } from './audit-log.js';
import { setBody } from './audit-log.js';
import type { Identity, User } from './authentication.js';
import { authenticate, impersonate } from './authentication.js';
import { headerValues } from './header-values.js';
import { readBody } from './request-body.js';
import { parseResourcePath } from './request-info.js';
import { respond } from './respond.js';
import { StatusError } from './status-error.js';
import { serveUpgrade } from './upgrade.js';
import type { Upgrade, UpgradeServices } from './upgrade.js';

export interface ApiServerOptions {
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
  readonly clientAuthority: string;
}

/** TLS with HTTP/2 and HTTP/1.1 on one port, client certificates asked for and not required. */
export function createApiServer(
  options: ApiServerOptions,
  services: HandlerServices & UpgradeServices,
  audit: AuditLog,
): Http2SecureServer {
  const server = createSecureServer({
    key: options.key,
    cert: options.certificate,
    ca: options.clientAuthority,
    requestCert: true,
    rejectUnauthorized: false,
    allowHTTP1: true,
    settings: { maxConcurrentStreams: 250 },
  });
  server.on(
    'request',
    (request, response) => void serve(services, audit, request, response as unknown as HttpResponse),
  );
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    void upgrade(services, audit, { raw: request, socket, head });
  });
  return server;
}

async function serve(
  services: HandlerServices,
  audit: AuditLog,
  raw: HttpRequest,
  response: HttpResponse,
): Promise<void> {
  const audited = open(audit, raw);
  const headers = headerValues(raw.rawHeaders);
  // A client that goes away is nothing to answer.
  response.on('error', () => undefined);
  try {
    const body = await readBody(raw);
    setBody(audited, body);
    const request = understand(services, audited, raw, body);
    const reply = await handleApi(services, request);
    if (typeof reply === 'function') {
      audited.code = 200;
      await reply(response);
    } else {
      audited.code = reply.code;
      respond(reply, headers, response);
    }
  } catch (error) {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const failure = toStatusError(error);
    audited.code = failure.code;
    respond({ code: failure.code, body: failure.toStatus() }, headers, response);
  }
}

async function upgrade(
  services: HandlerServices & UpgradeServices,
  audit: AuditLog,
  connection: Pick<Upgrade, 'raw' | 'socket' | 'head'>,
): Promise<void> {
  const { raw, socket } = connection;
  const audited = open(audit, raw);
  socket.on('error', () => undefined);
  try {
    const request = understand(services, audited, raw, Buffer.alloc(0));
    const target = parseResourcePath(request.path, services.cluster.registry);
    if (!target) throw StatusError.noSuchPath();
    authorizeResource(services.cluster, request, target);
    audited.code = 101;
    await serveUpgrade(services, { request, target, ...connection });
  } catch (error) {
    const failure = toStatusError(error);
    audited.code = failure.code;
    const body = JSON.stringify(failure.toStatus());
    const lines = [
      `HTTP/1.1 ${failure.code} ${failure.reason}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
    ];
    socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }
}

function open(audit: AuditLog, raw: HttpRequest): AuditedRequest {
  const { servername } = raw.socket as TLSSocket & { servername?: string | false };
  return audit.open({
    httpVersion: raw.httpVersion,
    method: raw.method ?? '',
    url: raw.url ?? '',
    rawHeaders: [...raw.rawHeaders],
    ...(typeof servername === 'string' ? { tlsServerName: servername } : {}),
  });
}

/** @throws StatusError 400, 401, 403 */
function understand(services: HandlerServices, audited: AuditedRequest, raw: HttpRequest, body: Buffer): ApiRequest {
  const headers = headerValues(raw.rawHeaders);
  const [rawPath = '', ...query] = (raw.url ?? '').split('?');
  let path: string;
  try {
    path = decodeURIComponent(rawPath);
  } catch {
    throw StatusError.badRequest('invalid URL escape');
  }
  const user = authenticate({ headers, certificate: certificateOf(raw) }, services.cluster.tokens);
  audited.user = user;
  const identity = impersonate(user, headers);
  requireImpersonation(services, identity);
  if (identity.impersonated) audited.impersonated = identity.effective;
  const method = raw.method ?? '';
  return { method, path, query: new URLSearchParams(query.join('?')), headers, body, identity, audited };
}

/** Who acts as another must be allowed to, for the user and for each group. @throws StatusError 403 */
function requireImpersonation(services: HandlerServices, { authenticated, effective, impersonated }: Identity): void {
  if (!impersonated) return;
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(effective.name);
  const wanted = [
    account
      ? { resource: 'serviceaccounts', namespace: account[1], name: account[2] }
      : { resource: 'users', name: effective.name },
    ...effective.groups
      .filter((group) => group !== 'system:authenticated')
      .map((name) => ({ resource: 'groups', name })),
  ];
  for (const asked of wanted) {
    if (services.cluster.authorizer.allows(authenticated, { verb: 'impersonate', group: '', ...asked })) continue;
    const why = `User "${authenticated.name}" cannot impersonate resource "${asked.resource}" in API group "" at the cluster scope`;
    throw StatusError.forbidden({ group: '', resource: asked.resource, name: asked.name }, why);
  }
}

function certificateOf(raw: HttpRequest): User | undefined {
  const socket = raw.socket as TLSSocket;
  if (!socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  if (!subject?.CN) return undefined;
  const organisations: string | string[] | undefined = subject.O;
  const groups = organisations === undefined ? [] : [organisations].flat();
  return { name: [subject.CN].flat().join(','), groups };
}

function toStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  const message = error instanceof Error ? error.message : 'unknown';
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, {});
}
