import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import type { Answer, HttpResponse } from './api-request.js';
import type { HeaderValues } from './header-values.js';
import { firstOf } from './header-values.js';

/** The real server compresses answers beyond this. */
const gzipThresholdBytes = 128 * 1024;

export function respond(answer: Answer, headers: HeaderValues, response: HttpResponse): void {
  const wantsYaml = /^application\/yaml\b/.test(firstOf(headers, 'accept') ?? '');
  const { body, contentType } = encode(answer, wantsYaml);
  const compressed = body.length > gzipThresholdBytes && /\bgzip\b/.test(firstOf(headers, 'accept-encoding') ?? '');
  const content = compressed ? gzipSync(body, { level: 1 }) : body;
  response.statusCode = answer.code;
  setBaseHeaders(response);
  response.setHeader('content-type', contentType);
  if (compressed) {
    response.setHeader('content-encoding', 'gzip');
    response.setHeader('vary', 'Accept-Encoding');
  }
  if (answer.warnings?.length) {
    const values = answer.warnings.map((warning) => `299 - ${JSON.stringify(warning)}`);
    response.setHeader('warning', values);
  }
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  response.setHeader('content-length', content.length);
  response.end(content);
}

export function setBaseHeaders(response: HttpResponse): void {
  response.setHeader('audit-id', randomUUID());
  response.setHeader('cache-control', 'no-cache, private');
}

function encode(answer: Answer, wantsYaml: boolean): { body: Buffer; contentType: string } {
  const { body } = answer;
  if (Buffer.isBuffer(body)) return { body, contentType: answer.contentType ?? 'application/octet-stream' };
  if (typeof body === 'string') {
    if (wantsYaml && answer.contentType === 'application/json') {
      return { body: Buffer.from(stringify(JSON.parse(body))), contentType: 'application/yaml' };
    }
    return { body: Buffer.from(body), contentType: answer.contentType ?? 'text/plain; charset=utf-8' };
  }
  if (wantsYaml) return { body: Buffer.from(stringify(body)), contentType: 'application/yaml' };
  return { body: Buffer.from(`${JSON.stringify(body)}\n`), contentType: answer.contentType ?? 'application/json' };
}
