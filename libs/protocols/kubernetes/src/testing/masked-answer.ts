import type { Obligation } from '@sallyport/domain';
import type { OpenedAnswer } from '@sallyport/http-core';
import type { HeaderField } from '@sallyport/http-wire';
import type { StreamMask } from '@sallyport/masking';
import { understood, type SampleRequest } from './cluster-request.js';

export interface SampleAnswer {
  readonly status?: number;
  readonly contentType?: string;
  readonly headers?: readonly HeaderField[];
}

/** As policy does that reveals nothing but these paths. */
export async function opened(
  path: string,
  request: SampleRequest = {},
  answer: SampleAnswer = {},
  revealed: readonly string[] = [],
): Promise<OpenedAnswer> {
  const { action, answer: planFor } = await understood(path, request);
  const obligations = (action.lineage.fields ?? [])
    .filter(({ field }) => !revealed.includes(field.path))
    .map(({ field, mask }): Obligation => ({ kind: 'maskField', field, method: mask }));
  const plan = planFor(obligations);
  if (!plan) throw new Error('the obligations cannot be met');
  const { status = 200, contentType = 'application/json', headers = [] } = answer;
  return plan.open({ status, headers: [['content-type', contentType], ...headers], bodyLength: undefined });
}

export function through(mask: StreamMask, chunks: Iterable<Buffer>): Buffer {
  const out: Buffer[] = [];
  for (const chunk of chunks) out.push(Buffer.from(mask.push(chunk)));
  out.push(mask.end());
  return Buffer.concat(out);
}

export function* chunksOf(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The answer as the client sees it. */
export async function shown(
  path: string,
  body: unknown,
  { chunkBytes = 1 << 16, revealed, request, answer }: ShownOptions = {},
): Promise<string> {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const result = await opened(path, request, answer, revealed);
  if (result.kind !== 'pass') throw new Error(`refused: ${result.status}`);
  return result.mask ? through(result.mask, chunksOf(bytes, chunkBytes)).toString() : bytes.toString();
}
interface ShownOptions {
  readonly chunkBytes?: number;
  readonly revealed?: readonly string[];
  readonly request?: SampleRequest;
  readonly answer?: SampleAnswer;
}
