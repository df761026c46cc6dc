import type { Action } from '@sallyport/domain';
import type { ResourceBinding } from '@sallyport/enforcement';
import type {
  ForwardRequest,
  HttpTarget,
  InspectedRequest,
  Inspection,
  TargetServices,
  Understood,
} from '@sallyport/http-core';
import { WireFault } from '@sallyport/http-wire';
import { Pseudonyms } from '@sallyport/masking';
import { planAnswer, terminalMasks, type Question } from './answer/plan-answer.js';
import { activeParts } from './mask/active-parts.js';
import { classificationOf, fieldsOf, hintsOf, type ClassifiedPart } from './mask/classification.js';
import { digestReplacement, type Replacement } from './mask/replacement.js';
import { ObjectMask } from './mask/object-mask.js';
import { maskBody } from './mask/request-mask.js';
import { Preview } from './preview/preview.js';
import type { DryRunRequest } from './preview/dry-run.js';
import { fingerprintOf } from './request/fingerprint.js';
import { checkPlace, contextOf, effectOf } from './request/facts.js';
import { headersForward, impersonation } from './request/forward-headers.js';
import { readParameters } from './request/parameters.js';
import { Query } from './request/query.js';
import { readKnownBody, type KnownBody } from './request/read-body.js';
import { RequestFault } from './request/request-fault.js';
import { parseRequestInfo, type RequestInfo } from './request/request-info.js';
import { bodyBinding, reviewText } from './request/review-text.js';
import { judgedStreams } from './streams/judged-streams.js';

/** The verbs that end in a stream of both sides instead of an answer. */
const streams: ReadonlySet<string> = new Set(['exec', 'attach', 'portForward']);

/** A request on its way to the cluster, and the way to ask about it first. */
type AskedCluster = Omit<DryRunRequest, 'hide'>;

/** One cluster: what requests to it mean. */
export class ClusterTarget implements HttpTarget {
  readonly #parts: readonly ClassifiedPart[];
  readonly #pseudonyms: Pseudonyms;
  readonly #digest: Replacement;

  /** @throws RangeError when the resource's classification cannot be read */
  constructor(
    readonly binding: ResourceBinding,
    services: TargetServices,
  ) {
    this.#parts = classificationOf(binding);
    this.#pseudonyms = new Pseudonyms(services.pseudonymKey);
    this.#digest = digestReplacement(services.pseudonymKey);
  }

  async inspect(request: InspectedRequest): Promise<Inspection> {
    const text = `${request.head.method} ${request.head.target.path}`;
    try {
      return await this.#understand(request);
    } catch (error) {
      if (error instanceof RequestFault) {
        const { status, code, message } = error;
        return { kind: 'refused', status, reason: { code, text: message }, text };
      }
      if (error instanceof WireFault) {
        const reason = { code: 'unparsable', text: error.message } as const;
        return { kind: 'refused', status: error.status, reason, text, close: true };
      }
      return {
        kind: 'refused',
        status: 400,
        reason: { code: 'unparsable', text: 'the request is not understood' },
        text,
      };
    }
  }

  async #understand(request: InspectedRequest): Promise<Understood> {
    const { head } = request;
    const query = Query.parse(head.target.query);
    const info = parseRequestInfo(head.method, head.target, query);
    const parameters = readParameters(info, query);
    checkUpgrade(info, head.upgrade);
    const opaque = info.verb === 'proxy' || streams.has(info.verb);
    const body = opaque
      ? undefined
      : await readKnownBody(info, {
          headers: head.headers,
          hasBody: request.hasBody,
          readBody: (maxBytes) => request.readBody(maxBytes),
        });
    if (streams.has(info.verb) && request.hasBody) throw new RequestFault(400, 'a request for a stream has no body');
    checkPlace(info, body);
    const identity = impersonation(request.principal, this.binding.kubernetes);
    const forward: ForwardRequest = {
      method: head.method,
      path: head.target.path + parameters.canonical,
      headers: headersForward(head.headers, info, body, identity),
      body: body?.bytes ?? (opaque && request.hasBody ? 'stream' : 'none'),
      ...(streams.has(info.verb) && head.upgrade !== undefined ? { upgrade: head.upgrade } : {}),
    };
    const context = contextOf(info, parameters, body, !(opaque && request.hasBody));
    const { question, ...meaning } = this.#understood(
      { info, forward, ask: (asked) => request.ask(asked) },
      body,
      context,
    );
    if (!streams.has(info.verb)) return meaning;
    return { ...meaning, tunnel: judgedStreams(head, meaning.action, parameters, terminalMasks(question)) };
  }

  #understood(
    asked: AskedCluster,
    body: KnownBody | undefined,
    context: Action['context'],
  ): Understood & { question: Question } {
    const { info, forward } = asked;
    const resource = this.binding.name;
    const effects = [effectOf(info, resource)];
    const fields = fieldsOf(this.#parts, info, resource);
    const hints = hintsOf(this.#parts, info);
    const masked = body && maskBody(body, this.#parts, hints, this.#digest);
    const question: Question = {
      info,
      parts: this.#parts,
      fields,
      operations: body?.operations,
      values: masked?.values ?? [],
      pseudonyms: this.#pseudonyms,
    };
    const action: Action = {
      protocol: 'kubernetes',
      kind: info.verb,
      text: reviewText(`${methodShown(info, forward)} ${forward.path}`, masked?.value),
      effects,
      context,
      lineage: { results: [], usedElsewhere: [], fields },
      fingerprint: fingerprintOf(info.verb, effects, context, fields),
    };
    const binding = bodyBinding(body);
    const hiding = new ObjectMask({ parts: activeParts(this.#parts, this.#digest), hints });
    const preview = new Preview({ action, binding }, { ...asked, hide: (object) => void hiding.apply(object) });
    return {
      kind: 'understood',
      action,
      ...(binding === undefined ? {} : { binding }),
      forward,
      answer: (obligations) => planAnswer(question, obligations),
      resume: 'by-content',
      enrich: () => preview.enrich(),
      reinspect: () => preview.reinspect(),
      question,
    };
  }
}

/**
 * A command is the same by GET over websockets and by POST over SPDY. kubectl tries one after the other, whatever it was told:
 * people should not have to decide on it twice.
 */
function methodShown({ verb }: RequestInfo, { method }: ForwardRequest): string {
  return streams.has(verb) ? verb : method;
}

/** @throws RequestFault where a switch of protocols is asked for what has none, or not asked for what has no other answer */
function checkUpgrade(info: RequestInfo, upgrade: string | undefined): void {
  if (streams.has(info.verb)) {
    if (upgrade === undefined) throw new RequestFault(400, `${info.subresource} needs an upgrade to websocket or SPDY`);
  } else if (upgrade !== undefined) {
    throw new RequestFault(403, `${info.verb} is not served over ${upgrade.slice(0, 20)} here`, 'unsupported');
  }
}
