import { createHash, randomBytes } from 'node:crypto';
import type { HeaderField, RequestHead, ResponseHead } from '../message.js';
import { WireFault } from '../message.js';

const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What a server answers to a key (RFC 6455 section 4.2.2). */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}${magic}`, 'latin1').digest('base64');
}

/** What a client asks for, checked. */
export interface WebSocketRequest {
  /** Undefined where HTTP/2 carries it (RFC 8441 section 5). */
  readonly key: string | undefined;
  /** Subprotocols offered, in the client's order. */
  readonly protocols: readonly string[];
}

/** Reads the opening handshake of a client. Throws WireFault 400. */
export function readWebSocketRequest(head: RequestHead): WebSocketRequest {
  if (head.upgrade !== 'websocket') throw refused('the request is not for a websocket');
  if (onlyValue(head.headers, 'sec-websocket-version') !== '13') throw refused('the websocket version is not 13');
  const protocols = offeredProtocols(head.headers);
  if (head.version === '2') return { key: undefined, protocols };
  if (head.version !== '1.1' || head.method !== 'GET') throw refused('a websocket is asked for by GET, in HTTP/1.1');
  const key = onlyValue(head.headers, 'sec-websocket-key');
  if (key === undefined || !isKey(key)) throw refused('the websocket key is not 16 bytes in base64');
  return { key, protocols };
}

/** The headers of the answer that agrees, to go with status 101 (HTTP/1.1) or 200 (HTTP/2). No extension is agreed to. */
export function webSocketAnswer(request: WebSocketRequest, protocol: string | undefined): HeaderField[] {
  const headers: HeaderField[] = [];
  if (request.key !== undefined) headers.push(['sec-websocket-accept', acceptOf(request.key)]);
  if (protocol !== undefined) headers.push(['sec-websocket-protocol', protocol]);
  return headers;
}

/** The headers of an opening handshake of our own. */
export interface WebSocketOffer {
  readonly key: string;
  readonly protocols: readonly string[];
  readonly headers: readonly HeaderField[];
}

/** Offers these subprotocols to an upstream, under a fresh key, without extensions. */
export function offerWebSocket(protocols: readonly string[]): WebSocketOffer {
  const key = randomBytes(16).toString('base64');
  const headers: HeaderField[] = [
    ['sec-websocket-version', '13'],
    ['sec-websocket-key', key],
  ];
  if (protocols.length > 0) headers.push(['sec-websocket-protocol', protocols.join(', ')]);
  return { key, protocols, headers };
}

/**
 * Checks what the upstream answered (RFC 6455 section 4.1) and returns the subprotocol it chose; undefined where none was
 * offered. Where some were offered it must choose one. Throws WireFault 502.
 */
export function settleWebSocket(offer: WebSocketOffer, answer: ResponseHead): string | undefined {
  const wrong = (text: string): WireFault => new WireFault('websocket-answer', text, 502);
  if (answer.status === 101 && onlyValue(answer.headers, 'sec-websocket-accept') !== acceptOf(offer.key)) {
    throw wrong('the upstream did not answer the key of the websocket');
  }
  if (valuesOf(answer.headers, 'sec-websocket-extensions').length > 0) {
    throw wrong('the upstream uses an extension that was not offered');
  }
  const chosen = valuesOf(answer.headers, 'sec-websocket-protocol');
  if (chosen.length === 0 && offer.protocols.length === 0) return undefined;
  const [protocol] = chosen;
  if (chosen.length !== 1 || protocol === undefined || !offer.protocols.includes(protocol)) {
    throw wrong('the upstream chose none of the subprotocols offered');
  }
  return protocol;
}

/** Every subprotocol offered, in order. Throws WireFault 400: each is a token and named once (RFC 6455 section 4.1). */
export function offeredProtocols(headers: readonly HeaderField[]): string[] {
  const protocols = valuesOf(headers, 'sec-websocket-protocol').flatMap((value) => value.split(/[ \t]*,[ \t]*/));
  if (protocols.some((each) => !isSubprotocol(each))) throw refused('a websocket subprotocol is malformed');
  if (new Set(protocols).size !== protocols.length) throw refused('a websocket subprotocol is offered twice');
  return protocols;
}

/** A token (RFC 9110 section 5.6.2), or with the `/` that Kubernetes puts into `SPDY/3.1+portforward.k8s.io`. */
function isSubprotocol(text: string): boolean {
  return text.length <= 16_384 && /^[!#$%&'*+\-.^_`|~\dA-Za-z/]+$/.test(text);
}

function isKey(text: string): boolean {
  return /^[A-Za-z\d+/]{22}==$/.test(text) && Buffer.from(text, 'base64').toString('base64') === text;
}

function valuesOf(headers: readonly HeaderField[], wanted: string): string[] {
  return headers.filter(([name]) => name === wanted).map(([, value]) => value);
}

function onlyValue(headers: readonly HeaderField[], wanted: string): string | undefined {
  const values = valuesOf(headers, wanted);
  return values.length === 1 ? values[0] : undefined;
}

function refused(text: string): WireFault {
  return new WireFault('websocket-request', text);
}
