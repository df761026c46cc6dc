import type { MaskMethod, Obligation } from '@sallyport/domain';
import type { ResourceBinding } from '@sallyport/enforcement';
import type {
  AnswerPlan,
  ForwardRequest,
  HttpTarget,
  InspectedRequest,
  Inspection,
  TargetServices,
  Understood,
} from '@sallyport/http-core';
import { type RequestHead, WireFault } from '@sallyport/http-wire';
import { MaskError, Pseudonyms } from '@sallyport/masking';
import { planAnswer } from '../answer/answer-plan.js';
import { showsOwnToken } from '../credential.js';
import { lineageFields } from '../fields/classification.js';
import { MaskCache, type MaskRules, methodsOf, type PartPlaces, rulesFor } from '../fields/mask-rules.js';
import { GraphqlEndpoint } from '../graphql/graphql-endpoint.js';
import type { OperationFields } from '../openapi/operation-fields.js';
import { parseFormPairs } from '../request/form-pairs.js';
import { absentBody, opaqueBody, readRequestBody, type RequestBody } from '../request/request-body.js';
import { malformed, RequestFault } from '../request/request-fault.js';
import { extraHeaders } from '../request/request-headers.js';
import { maskRequest, type Said } from '../request/request-mask.js';
import { RequestRate } from '../request-rate.js';
import { webSocketTunnel } from '../websocket/web-socket-tunnel.js';
import { actionOf, formOf, forwardOf, hiddenBinding, type RequestForm } from './request-meaning.js';
import { RememberedInspections } from './remembered-inspections.js';
import { ResourceRules } from './resource-rules.js';

/** A body is taken apart up to here, on the event loop. Bytes. */
const maxInspectedBytes = 4_194_304;
/** A body that would stream is held in memory up to here while people decide on it. Bytes. */
const maxHeldBytes = 4_194_304;

type ReadBody = InspectedRequest['readBody'];

interface Meaning {
  readonly said: Said;
  readonly form: RequestForm;
  readonly operation: OperationFields | undefined;
  readonly inRequest: readonly PartPlaces[];
  readonly inAnswer: readonly PartPlaces[];
  /** False: the body cannot be rewritten, and nothing of it is hidden yet. */
  readonly maskable: boolean;
  forward(form: RequestForm): ForwardRequest;
}

/** One HTTP resource under one revision of its settings. */
export class HttpResourceTarget implements HttpTarget {
  private readonly rules: ResourceRules;
  private readonly graphql: GraphqlEndpoint | undefined;
  private readonly masks: MaskCache;
  private readonly extraHeaders: ReadonlySet<string>;
  private readonly rate: RequestRate;
  private readonly remembered = new RememberedInspections();
  private readonly maxBodyBytes: number;
  private readonly ownCredential: boolean;

  /** @throws Error where the settings cannot be understood */
  constructor(
    private readonly binding: ResourceBinding,
    services: TargetServices,
  ) {
    const { http } = binding;
    this.rules = new ResourceRules(binding);
    this.graphql = http?.graphql && new GraphqlEndpoint(http.graphql);
    this.masks = new MaskCache(new Pseudonyms(services.pseudonymKey));
    this.extraHeaders = extraHeaders(http?.allowHeaders ?? []);
    this.rate = new RequestRate(http?.requestsPerMinute);
    this.maxBodyBytes = http?.maxBodyBytes ?? maxInspectedBytes;
    const { bearer, token, username, headerName } = binding.credential;
    this.ownCredential = [bearer, token, username].some(Boolean) || headerName?.toLowerCase() === 'authorization';
  }

  inspect(request: InspectedRequest): Inspection | Promise<Inspection> {
    const { principal } = request;
    const head = askedByGet(request.head);
    const wait = this.rate.take(`${principal.type}::${principal.id}`, performance.now());
    if (wait !== undefined) {
      const reason = { code: 'unsupported', text: 'too many requests to this resource' } as const;
      return { kind: 'refused', status: 429, reason, retryAfterSeconds: Math.ceil(wait) };
    }
    if (!request.hasBody) return this.bodiless(head);
    return this.readBody(request).then(
      (body) => this.attempt(request.readBody, head, () => body),
      (error: unknown) => refusedBy(error),
    );
  }

  /** What it means is all in its head: for one that came before, it is known. */
  private bodiless(head: RequestHead): Inspection {
    const key = this.remembered.keyOf(head);
    const known = key === undefined ? undefined : this.remembered.get(key);
    if (known) return known;
    const inspection = this.attempt(undefined, head, () => absentBody(head));
    if (key !== undefined && inspection.kind === 'understood') this.remembered.keep(key, inspection);
    return inspection;
  }

  private async readBody({ head, readBody }: InspectedRequest): Promise<RequestBody> {
    if (head.bodyLength !== undefined && head.bodyLength > this.maxBodyBytes) {
      throw new RequestFault(413, 'the body is too large', 'unsupported');
    }
    return readRequestBody({ head, readBody }, Math.min(this.maxBodyBytes, maxInspectedBytes));
  }

  private attempt(readBody: ReadBody | undefined, head: RequestHead, body: () => RequestBody): Inspection {
    try {
      return this.understood(readBody, head, this.meaning(head, body()));
    } catch (error) {
      return refusedBy(error);
    }
  }

  private meaning(head: RequestHead, body: RequestBody): Meaning {
    checkMethod(head);
    const { method, target } = head;
    const endpoint = this.graphql?.serves(target.path) ? this.graphql : undefined;
    if (endpoint && head.upgrade !== undefined) throw malformed('GraphQL is not asked over a websocket');
    const operation = this.rules.describes(method, target.segments);
    const said: Said = { query: parseFormPairs(target.query ?? '', 'query'), body };
    const inRequest = this.rules.inRequest(operation, endpoint !== undefined);
    const masked = this.masked(said, inRequest, declaredMethods(inRequest));
    const form = formOf(method, masked ?? said, endpoint);
    const inAnswer = this.rules.inAnswer(operation, form.graphql);
    const choice = {
      extra: this.extraHeaders,
      masked: inAnswer.some(({ part, described }) => described.length > 0 || part.by.kind === 'detector'),
      passAuthorization: !this.ownCredential && showsOwnToken(head),
    };
    const forward = (shown: RequestForm): ForwardRequest => forwardOf(head, shown, choice);
    return { said, form, operation, inRequest, inAnswer, maskable: masked !== undefined, forward };
  }

  private understood(readBody: ReadBody | undefined, head: RequestHead, inspected: Meaning): Understood {
    let meaning = inspected;
    /** Judges hand out the same obligations for decisions that are alike. */
    const plans = new WeakMap<readonly Obligation[], AnswerPlan>();
    const forward = meaning.forward(meaning.form);
    return {
      kind: 'understood',
      ...this.judged(head, meaning, forward),
      forward,
      answer: (obligations) => {
        const known = meaning === inspected ? plans.get(obligations) : undefined;
        const plan = known ?? this.answer(head, meaning, obligations);
        if (plan && meaning !== inspected) return { forward: meaning.forward(meaning.form), ...plan };
        if (plan) plans.set(obligations, plan);
        return plan;
      },
      ...(head.upgrade !== undefined && { tunnel: webSocketTunnel(head) }),
      resume: 'by-id',
      ...(forward.body === 'stream' &&
        readBody && {
          enrich: async () => {
            meaning = await this.readWhole(readBody, inspected);
            return this.judged(head, meaning, meaning.forward(meaning.form));
          },
        }),
    };
  }

  /** Nobody can approve what is not known yet: such a body is read after all, and bound by its digest. */
  private async readWhole(readBody: ReadBody, meaning: Meaning): Promise<Meaning> {
    const bytes = await readBody(Math.min(this.maxBodyBytes, maxHeldBytes));
    const body = opaqueBody(bytes, meaning.form.body.contentType);
    return { ...meaning, said: { ...meaning.said, body }, form: { ...meaning.form, body } };
  }

  private judged(head: RequestHead, meaning: Meaning, forward: ForwardRequest): Pick<Understood, 'action' | 'binding'> {
    const { form, inRequest, inAnswer, said } = meaning;
    const fields = lineageFields([...inRequest, ...inAnswer].map(({ part }) => part));
    const { name: resource, upstream } = this.binding;
    const route = this.rules.routeOf(head.method, head.target.segments);
    const action = actionOf({ resource, host: upstream.host, route, head, form, forward, fields });
    const binding = hiddenBinding(forward, said, inRequest.length > 0);
    return { action, ...(binding !== undefined && { binding }) };
  }

  private answer(head: RequestHead, meaning: Meaning, obligations: readonly Obligation[]): AnswerPlan | undefined {
    const methods = methodsOf(obligations);
    if (!methods) return undefined;
    const { form, inRequest, inAnswer, operation } = meaning;
    const known = new Set([...inRequest, ...inAnswer].map(({ part }) => part.id));
    if ([...methods.keys()].some((id) => !known.has(id))) return undefined;
    // Messages of a websocket are of no type that is known: nothing in them can be masked.
    if (head.upgrade !== undefined && methods.size > 0) return undefined;
    if (!canHide(meaning, methods)) return undefined;
    const described = withTalk(rulesFor(inAnswer, methods, 'described'), form);
    const other = withTalk(rulesFor(inAnswer, methods, 'other'), form);
    const rules = (status: number): MaskRules => (operation && !operation.documents(status) ? other : described);
    const plan = planAnswer({ method: head.method, rulesFor: rules }, this.masks);
    const forward = this.revealed(head, meaning, methods);
    return forward ? { ...plan, forward } : plan;
  }

  /** What is sent instead where some of what was hidden from the target need not be; undefined: nothing. */
  private revealed(
    head: RequestHead,
    { said, inRequest, form, forward }: Meaning,
    methods: ReadonlyMap<string, MaskMethod>,
  ): ForwardRequest | undefined {
    const declared = declaredMethods(inRequest);
    if ([...declared].every(([id, method]) => methods.get(id) === method)) return undefined;
    const endpoint = form.graphql && this.graphql;
    const shown = this.masked(said, inRequest, methods);
    return shown && forward(formOf(head.method, shown, endpoint));
  }

  private masked(
    said: Said,
    places: readonly PartPlaces[],
    methods: ReadonlyMap<string, MaskMethod>,
  ): Said | undefined {
    const rules = rulesFor(places, methods, 'described');
    if (rules.fields.length === 0 && rules.detectors.length === 0) return said;
    return maskRequest(said, this.masks.mask(rules));
  }
}

function declaredMethods(places: readonly PartPlaces[]): ReadonlyMap<string, MaskMethod> {
  return new Map(lineageFields(places.map(({ part }) => part)).map(({ field, mask }) => [field.path, mask]));
}

/** False where what is to be hidden stands where no mask reaches. */
function canHide({ inRequest, inAnswer, form, maskable }: Meaning, methods: ReadonlyMap<string, MaskMethod>): boolean {
  const sent = inRequest.filter(({ part }) => methods.has(part.id));
  if (sent.length > 0 && !maskable) return false;
  const { graphql } = form;
  if (!graphql) return true;
  const sought = (places: readonly PartPlaces[]) =>
    places.flatMap(({ part }) => (part.by.kind === 'detector' ? [] : (part.by.sought ?? [])));
  if (sought(sent).some((field) => graphql.gives(field))) return false;
  return !sought(inAnswer.filter(({ part }) => methods.has(part.id))).some((field) => graphql.defeatsMask(field));
}

/** Where fields are hidden, so is what GraphQL says about fields that failed: messages repeat values. */
function withTalk(rules: MaskRules, { graphql }: RequestForm): MaskRules {
  if (!graphql || rules.fields.length === 0) return rules;
  const talk = graphql.talk.map((path) => ({ path, method: 'redact' as const }));
  return { ...rules, fields: [...rules.fields, ...talk] };
}

/** Over HTTP/2 a websocket is asked for by CONNECT (RFC 8441 section 4), which means what GET does in HTTP/1.1. */
function askedByGet(head: RequestHead): RequestHead {
  return head.method === 'CONNECT' && head.upgrade === 'websocket' ? { ...head, method: 'GET' } : head;
}

function checkMethod({ method, upgrade }: RequestHead): void {
  // Some servers fold case; TRACE would show the resource's credential.
  if (!/^[A-Z]+(?:-[A-Z]+)*$/.test(method) || ['TRACE', 'TRACK', 'CONNECT'].includes(method)) {
    throw new RequestFault(405, 'this method is not let through', 'unsupported');
  }
  if (upgrade !== undefined && method !== 'GET') throw malformed('a websocket is asked for by GET');
  if (upgrade !== undefined && upgrade !== 'websocket') {
    throw new RequestFault(400, 'this protocol is not switched to', 'unsupported');
  }
}

function refusedBy(error: unknown): Inspection {
  if (error instanceof RequestFault) return { kind: 'refused', status: error.status, reason: error.reason() };
  if (error instanceof WireFault) {
    const reason = { code: 'unparsable', text: error.message } as const;
    return { kind: 'refused', status: error.status, reason, close: true };
  }
  const text = error instanceof MaskError ? 'the request cannot be masked' : 'the request is not understood';
  return { kind: 'refused', status: 400, reason: { code: 'unparsable', text } };
}
