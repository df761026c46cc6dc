import { message, untypedMessage } from './codec.js';
import { frontend, startupCode } from './messages.js';

/** Messages that the gateway itself says to a target. */

export const syncMessage = message(frontend.sync);
export const flushMessage = message(frontend.flush);
export const terminateMessage = message(frontend.terminate);

export function queryMessage(text: string): Buffer {
  return message(frontend.query, (body) => body.terminated(text));
}

export function parseMessage(name: string, text: string): Buffer {
  return message(frontend.parse, (body) => body.terminated(name).terminated(text).int16(0));
}

/** No parameters, results as text. */
export function bindMessage(portal: string, statement: string): Buffer {
  return message(frontend.bind, (body) => body.terminated(portal).terminated(statement).int16(0).int16(0).int16(0));
}

export function executeMessage(portal: string): Buffer {
  return message(frontend.execute, (body) => body.terminated(portal).int32(0));
}

export function targetMessage(
  type: typeof frontend.describe | typeof frontend.close,
  kind: 'S' | 'P',
  name: string,
): Buffer {
  return message(type, (body) => body.uint8(kind.charCodeAt(0)).terminated(name));
}

export const sslRequest = untypedMessage((body) => body.int32(startupCode.sslRequest));

export function cancelRequest(processId: number, secret: Buffer): Buffer {
  return untypedMessage((body) => body.int32(startupCode.cancelRequest).int32(processId).raw(secret));
}

export function startupMessage(parameters: ReadonlyMap<string, string>): Buffer {
  return untypedMessage((body) => {
    body.int32(3 << 16);
    for (const [name, value] of parameters) body.terminated(name).terminated(value);
    body.uint8(0);
  });
}

/**
 * What stands in for a refused request. The server fails to parse it and so aborts the transaction and skips to Sync by
 * itself, exactly as for any failing statement; the client's view of its state stays the server's.
 */
const unparsableText = 'refused by the gateway';
export const refusedQuery = queryMessage(unparsableText);

/** @param name the statement that the client wanted to make: one without a name is gone afterwards, as after any failed Parse. */
export function refusedParse(name: string): Buffer {
  return parseMessage(name, unparsableText);
}
