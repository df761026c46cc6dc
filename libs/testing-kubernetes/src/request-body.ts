import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { parseDocument } from 'yaml';
import { decodeProtobuf } from '@sallyport/kubernetes-protobuf';
import { isRecord } from './kubernetes-object.js';
import { StatusError } from './status-error.js';

/** What the real server allows (`--max-request-bytes` of etcd and its own limit). */
export const maxBodyBytes = 3 * 1024 * 1024;
const protobuf = 'application/vnd.kubernetes.protobuf';
const decodable = ['application/json', 'application/yaml', protobuf];

/** @throws StatusError 413 beyond the limit */
export async function readBody(request: IncomingMessage | Http2ServerRequest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes) throw StatusError.tooLarge(maxBodyBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * An object sent by a client, in JSON, YAML or the protobuf of kubectl's own commands; anything else is refused as the
 * real server refuses what it has no decoder for.
 * @throws StatusError 400, 415
 */
export function decodeObject(body: Buffer, contentType: string | undefined): Record<string, unknown> {
  const decoded = decode(body, mediaTypeOf(contentType));
  if (!isRecord(decoded)) throw StatusError.badRequest('the object provided is unrecognized (must be of type Object)');
  return decoded;
}

export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
}

export function decodeJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw StatusError.badRequest(error instanceof Error ? error.message : 'invalid JSON');
  }
}

export function decodeYaml(body: Buffer): unknown {
  const document = parseDocument(body.toString(), { uniqueKeys: true });
  const [error] = document.errors;
  if (error) throw StatusError.badRequest(`yaml: ${error.message}`);
  return document.toJS({ maxAliasCount: 100 });
}

function decode(body: Buffer, mediaType: string): unknown {
  if (body.length === 0) return {};
  if (mediaType === 'application/yaml') return decodeYaml(body);
  if (mediaType === 'application/json') return decodeJson(body);
  if (mediaType === protobuf) return decodeBinary(body);
  throw StatusError.unsupportedMediaType(decodable);
}

function decodeBinary(body: Buffer): unknown {
  try {
    return decodeProtobuf(body);
  } catch (error) {
    throw StatusError.badRequest(error instanceof Error ? error.message : 'invalid protobuf');
  }
}
