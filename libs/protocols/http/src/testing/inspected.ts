import type { FieldMaskObligation, MaskMethod } from '@sallyport/domain';
import type { ClassifiedPart, HttpSettings, ResourceBinding } from '@sallyport/enforcement';
import type { AnswerPlan, InspectedRequest, Understood } from '@sallyport/http-core';
import type { HeaderField, RequestHead, ResponseHead } from '@sallyport/http-wire';
import { createHttpProtocol } from '../http-protocol.js';
import type { HttpResourceTarget } from '../target/http-target.js';

export type Classified = ClassifiedPart['by'] & { readonly mask?: MaskMethod; readonly in?: ClassifiedPart['in'] };

/** A resource `shop` with these settings and classified parts. */
export function shop(
  http: Partial<HttpSettings> = {},
  parts: readonly Classified[] = [],
  credential = {},
): HttpResourceTarget {
  const binding: ResourceBinding = {
    name: 'shop',
    protocol: 'http',
    upstream: { host: 'shop.internal', port: 443, tls: 'verify-full' },
    credential,
    classification: [],
    fields: parts.map(({ mask = 'redact', in: where = 'response', ...by }) => ({
      field: { kind: 'Field', resource: 'shop', path: idOf(by) },
      by,
      tags: ['pii'],
      mask,
      in: where,
    })),
    http: { routes: [], allowHeaders: [], maxBodyBytes: 1_048_576, ...http },
    revision: '1',
  };
  return createHttpProtocol().target(binding, { pseudonymKey: new Uint8Array(32) }) as HttpResourceTarget;
}

function idOf(by: ClassifiedPart['by']): string {
  return 'path' in by ? by.path : 'schemaField' in by ? by.schemaField : `detector:${by.detector}`;
}

export interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly HeaderField[];
  readonly body?: Buffer | string;
  readonly upgrade?: string;
  readonly version?: RequestHead['version'];
}

export function requestOf({
  method = 'GET',
  path = '/',
  headers = [],
  body,
  upgrade,
  version = '1.1',
}: Asked): InspectedRequest {
  const [at, query] = path.split('?', 2) as [string, string?];
  const bytes = Buffer.from(body ?? '');
  return {
    head: {
      method,
      target: { path: at, segments: at.slice(1).split('/'), query },
      authority: 'gateway.example',
      headers,
      version,
      upgrade,
      bodyLength: bytes.length,
    },
    by: 'path',
    principal: { type: 'User', id: 'ann', groups: [], roles: [] },
    clientAddress: '127.0.0.1',
    hasBody: body !== undefined,
    readBody: () => Promise.resolve(bytes),
    ask: () => Promise.reject(new Error('nothing is asked')),
  };
}

export async function understood(target: HttpResourceTarget, asked: Asked): Promise<Understood> {
  const inspection = await target.inspect(requestOf(asked));
  if (inspection.kind === 'refused') throw new Error(`refused ${inspection.status}: ${inspection.reason.text}`);
  return inspection;
}

/** The status of a refusal; 0: understood. */
export async function refusal(target: HttpResourceTarget, asked: Asked): Promise<number> {
  const inspection = await target.inspect(requestOf(asked));
  return inspection.kind === 'refused' ? inspection.status : 0;
}

/** Obligations to mask everything that the request is classified for, as it is declared. */
export function obligations({ action }: Understood): FieldMaskObligation[] {
  return (action.lineage.fields ?? []).map(({ field, mask }) => ({ kind: 'maskField', field, method: mask }));
}

export interface Shown {
  readonly head: ResponseHead;
  readonly body: string;
  readonly decode: readonly string[];
}

/** What the client gets of an answer under a plan; undefined: it is refused, or breaks off. */
export function shown(plan: AnswerPlan | undefined, head: Partial<ResponseHead>, body = ''): Shown | undefined {
  const whole = { status: 200, headers: [], bodyLength: Buffer.byteLength(body), ...head };
  const opened = plan?.open(whole);
  if (opened?.kind !== 'pass') return undefined;
  const { mask, decode = [] } = opened;
  if (!mask) return { head: opened.head, body, decode };
  try {
    const parts = [Buffer.from(mask.push(Buffer.from(body))), Buffer.from(mask.end())];
    return { head: opened.head, body: Buffer.concat(parts).toString(), decode };
  } catch {
    return undefined;
  }
}
