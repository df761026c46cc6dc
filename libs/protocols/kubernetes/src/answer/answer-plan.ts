import type { Reason } from '@sallyport/domain';
import type { AnswerPlan, OpenedAnswer } from '@sallyport/http-core';
import type { HeaderField, ResponseHead } from '@sallyport/http-wire';
import type { StreamMask } from '@sallyport/masking';
import { DocumentMask } from '../mask/document-mask.js';
import { EventStreamMask } from '../mask/event-stream-mask.js';
import type { ObjectMaskOptions } from '../mask/object-mask.js';
import type { RequestInfo } from '../request/request-info.js';
import { watchError } from './status.js';

/** Those of the API server's headers that clients know. What a masked answer was before says something about it. */
const kept: ReadonlySet<string> = new Set([
  'audit-id',
  'cache-control',
  'content-encoding',
  'content-type',
  'date',
  'retry-after',
  'warning',
  'x-kubernetes-pf-flowschema-uid',
  'x-kubernetes-pf-prioritylevel-uid',
]);
const discoveryHeaders: ReadonlySet<string> = new Set([...kept, 'etag', 'last-modified', 'vary', 'x-from-cache']);
const codings: ReadonlySet<string> = new Set(['gzip', 'deflate']);

/** How objects are answered: as JSON that is masked as it passes, and as nothing else. */
export function objectPlan(info: RequestInfo, options: ObjectMaskOptions): AnswerPlan {
  return {
    open(head) {
      const type = mediaTypeOf(head);
      if (isRedirect(head)) return refused(502, 'the cluster answered with a redirect, which is not followed');
      if (isBodiless(head)) return { kind: 'pass', head: withHeaders(head, kept) };
      // Errors of what lies in front of an API server are not in its words; the status says enough.
      if (type !== 'application/json') {
        return head.status >= 400 && head.status < 600
          ? refused(head.status, 'the cluster answered with an error')
          : refused(502, 'the cluster answered in a form that cannot be read here');
      }
      const isWatch = info.verb === 'watch' && head.status === 200;
      if (!isWatch) return masked(head, new DocumentMask(options));
      const opened = masked(head, new EventStreamMask(options));
      return opened.kind === 'pass' ? { ...opened, farewell: watchError } : opened;
    },
  };
}

/** Logs: text as it comes, through detectors where some are asked for. */
export function textPlan(mask: (() => StreamMask) | undefined, options: ObjectMaskOptions): AnswerPlan {
  return {
    open(head) {
      if (isRedirect(head)) return refused(502, 'the cluster answered with a redirect, which is not followed');
      const type = mediaTypeOf(head);
      if (type === 'application/json' && head.status >= 400) return masked(head, new DocumentMask(options));
      if (!mask || isBodiless(head)) return { kind: 'pass', head: withHeaders(head, kept) };
      if (type !== 'text/plain' && type !== '')
        return refused(502, 'the cluster answered in a form that cannot be read here');
      return masked(head, mask());
    },
  };
}

/** Discovery and health: nothing there is masked. */
export const plainPlan: AnswerPlan = {
  open: (head) =>
    isRedirect(head) && head.status !== 304
      ? refused(502, 'the cluster answered with a redirect, which is not followed')
      : { kind: 'pass', head: withHeaders(head, discoveryHeaders) },
};

/** What a proxied server answers is its own. Its cookies would be everybody's on this origin. */
export const proxyPlan: AnswerPlan = {
  open: (head) => ({
    kind: 'pass',
    head: { ...head, headers: head.headers.filter(([name]) => name !== 'set-cookie' && name !== 'set-cookie2') },
  }),
};

function masked(head: ResponseHead, mask: StreamMask): OpenedAnswer {
  const headers = withHeaders(head, kept).headers.filter(([name]) => name !== 'content-encoding');
  const decode = head.headers
    .filter(([name]) => name === 'content-encoding')
    .flatMap(([, value]) => value.split(',').map((coding) => coding.trim().toLowerCase()))
    .filter((coding) => coding !== 'identity');
  if (decode.length > 1 || decode.some((coding) => !codings.has(coding))) {
    return refused(502, 'the cluster answered in a coding that cannot be read here');
  }
  const answered: HeaderField[] = [
    ...headers.filter(([name]) => name !== 'cache-control'),
    ['cache-control', 'no-store'],
  ];
  return { kind: 'pass', head: { ...head, headers: answered, bodyLength: undefined }, decode, mask };
}

function withHeaders(head: ResponseHead, names: ReadonlySet<string>): ResponseHead {
  return { ...head, headers: head.headers.filter(([name]) => names.has(name)) };
}

/** Empty where there is none, and where there are several, which no reader need agree on. */
function mediaTypeOf(head: ResponseHead): string {
  const types = head.headers.filter(([name]) => name === 'content-type');
  return types.length === 1 ? types[0]![1].split(';')[0]!.trim().toLowerCase() : '';
}

function isBodiless(head: ResponseHead): boolean {
  return head.status === 204 || head.status === 304 || head.bodyLength === 0;
}

function isRedirect(head: ResponseHead): boolean {
  return head.status >= 300 && head.status < 400;
}

function refused(status: number, text: string): OpenedAnswer {
  const reason: Reason = { code: 'cannot-perform', text };
  return { kind: 'refuse', status, reason };
}
