import type { Principal } from '@sallyport/domain';
import type { ResourceBinding } from '@sallyport/enforcement';
import type { InspectedRequest, Inspection, Understood, UpstreamAnswer, AskedUpstream } from '@sallyport/http-core';
import { parseTarget, type CanonicalTarget, type HeaderField } from '@sallyport/http-wire';
import { createKubernetesProtocol } from '../protocol.js';

export const dana: Principal = { type: 'User', id: 'dana', groups: ['engineers'], roles: [] };

export function clusterBinding(more: Partial<ResourceBinding> = {}): ResourceBinding {
  return {
    name: 'prod',
    protocol: 'kubernetes',
    upstream: { host: 'localhost', port: 6443, tls: 'disable' },
    credential: { token: 'a-token-of-the-cluster' },
    classification: [],
    fields: [],
    revision: '1',
    ...more,
  };
}

export interface SampleRequest {
  readonly method?: string;
  readonly headers?: readonly HeaderField[];
  readonly body?: string | Buffer;
  readonly contentType?: string;
  readonly upgrade?: string;
  readonly principal?: Principal;
  readonly binding?: Partial<ResourceBinding>;
  readonly ask?: (request: AskedUpstream) => Promise<UpstreamAnswer>;
}

export function targetOf(path: string): CanonicalTarget {
  const target = parseTarget(path);
  if (target instanceof Error) throw target;
  return target;
}

export function requestFor(path: string, sample: SampleRequest = {}): InspectedRequest {
  const { method = 'GET', headers = [], body, contentType, upgrade, principal = dana } = sample;
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const type: HeaderField[] = contentType === undefined ? [] : [['content-type', contentType]];
  return {
    head: {
      method,
      target: targetOf(path),
      authority: 'gateway:8443',
      headers: [...headers, ...type],
      version: '1.1',
      upgrade,
      bodyLength: bytes?.length ?? 0,
    },
    by: 'path',
    principal,
    clientAddress: '127.0.0.1',
    hasBody: bytes !== undefined,
    readBody: async () => bytes ?? Buffer.alloc(0),
    ask: sample.ask ?? (() => Promise.reject(new Error('nobody is asked here'))),
  };
}

export async function inspected(path: string, sample: SampleRequest = {}): Promise<Inspection> {
  const services = { pseudonymKey: Buffer.alloc(32, 7) };
  const target = createKubernetesProtocol().target(clusterBinding(sample.binding), services);
  return target.inspect(requestFor(path, sample));
}

export async function understood(path: string, sample: SampleRequest = {}): Promise<Understood> {
  const inspection = await inspected(path, sample);
  if (inspection.kind !== 'understood') throw new Error(`refused: ${inspection.status} ${inspection.reason.text}`);
  return inspection;
}

/** The facts that policy sees. */
export async function factsOf(path: string, sample: SampleRequest = {}): Promise<Record<string, unknown>> {
  const { action } = await understood(path, sample);
  return action.context['kubernetes'] as Record<string, unknown>;
}
