import { decisionId, type Action, type Obligation } from '@sallyport/domain';
import {
  awaitPortableApproval,
  enforce,
  refuse,
  stillPermitted,
  type Held,
  type Permitted,
  type StillPending,
  type Verdict,
} from '@sallyport/enforcement';
import {
  WireFault,
  type BodyReader,
  type ResponseHead,
  type ServerRequest,
  type Tunnel,
  type UpstreamExchange,
} from '@sallyport/http-wire';
import { Answer, headBytes } from './answer.js';
import { askUpstream } from './ask-upstream.js';
import { openAnswer } from './open-answer.js';
import { deniedBy, upstreamFault } from './refusals.js';
import { upstreamRequest, type StreamedBody } from './upstream-request.js';
import { preferredWait, approvalOf } from './hold-headers.js';
import type {
  AnswerPlan,
  ForwardRequest,
  Inspection,
  LocalResponse,
  Refusal,
  Refused,
  RunningTunnel,
  Understood,
} from './protocol.js';
import { ForwardedBody, wholeBody } from './request-body.js';
import type { Route } from './routing.js';
import type { UnderWay, WebSession } from './web-session.js';

/** How long a client that comes back is told to wait. Seconds. */
const retryAfterSeconds = 5;

/** One request from its arrival to the end of its answer. */
export class WebExchange implements UnderWay {
  readonly #seq: number;
  #understood: Understood | undefined;
  #permitted: Permitted<Understood> | undefined;
  #upstream: UpstreamExchange | undefined;
  #answer: Answer | undefined;
  #tunnel: RunningTunnel | undefined;
  #hold: AbortController | undefined;
  #over = false;
  /** Nobody is there to be told anything. */
  #gone = false;

  constructor(
    private readonly session: WebSession,
    private readonly request: ServerRequest,
    private readonly route: Route,
  ) {
    this.#seq = session.nextSeq();
  }

  start(): void {
    const { session, request } = this;
    session.began(this);
    request.onAbort(() => this.#left());
    const inspection = this.#inspect();
    if (inspection instanceof Promise) {
      inspection.then(
        (result) => this.#inspected(result),
        () => this.#inspected(notUnderstood),
      );
    } else this.#inspected(inspection);
  }

  cut(reason: string): void {
    if (this.#over) return;
    this.#hold?.abort();
    this.#tunnel?.terminate(reason);
    if (this.#answer) this.#answer.cut(reason);
    else if (!this.#tunnel) this.#respond({ status: 403, code: 'forbidden', text: reason });
    this.#end(reason, 'unknown');
  }

  review(): void {
    const { context } = this.session;
    const running = this.#permitted && this.#understood;
    if (this.#over || !running) return;
    const { obligations, approvalId } = this.#permitted!;
    if (!stillPermitted(context, { action: running.action, obligations, approvalId })) {
      this.cut('access was withdrawn while the request ran');
    }
  }

  #inspect(): Inspection | Promise<Inspection> {
    const { session, request, route } = this;
    const { target, live, clientAddress } = session.parts;
    try {
      return target.inspect({
        head: route.head,
        by: route.by,
        principal: live.info.principal,
        clientAddress,
        hasBody: request.body !== undefined,
        readBody: (maxBytes) => (request.body ? wholeBody(request.body, maxBytes) : Promise.resolve(Buffer.alloc(0))),
        ask: (asked) => askUpstream(session, asked),
      });
    } catch {
      return notUnderstood;
    }
  }

  #inspected(inspection: Inspection): void {
    if (this.#over) return;
    try {
      if (inspection.kind === 'refused') this.#refused(inspection);
      else this.#judge(inspection);
    } catch (error) {
      this.session.parts.host.log('error', 'a request could not be judged', { reason: textOf(error) });
      this.#respond({ status: 503, code: 'decision-failed', text: 'the decision could not be made' });
      this.#end('the decision could not be made', 'failed');
    }
  }

  #refused({ status, reason, text, retryAfterSeconds: after, close }: Refused): void {
    const { session, route } = this;
    const action = unknownAction(session, route, text);
    const verdict = refuse(session.context, { seq: this.#seq, phase: 'execute', request: action, action }, reason);
    const refusal = deniedBy(verdict, status);
    this.#respond(after === undefined ? refusal : { ...refusal, retryAfterSeconds: after });
    if (close) this.request.abort();
    this.#end(`refused ${status}`, 'failed');
  }

  #judge(understood: Understood): void {
    this.#understood = understood;
    const { action, parameters, binding } = understood;
    const exchange = {
      seq: this.#seq,
      phase: 'execute' as const,
      request: understood,
      action,
      ...(parameters && { parameters }),
      ...(binding !== undefined && { binding }),
      portable: true,
    };
    const verdict = enforce(this.session.context, exchange);
    if (verdict.kind === 'hold') void this.#wait(verdict, understood);
    else this.#decided(verdict);
  }

  async #wait(held: Held<Understood>, understood: Understood): Promise<void> {
    const hold = (this.#hold = new AbortController());
    const { context } = this.session;
    try {
      const enriched = await understood.enrich?.();
      const exchange = enriched ? { ...held.exchange, ...enriched } : held.exchange;
      const approvalId = understood.resume === 'by-id' ? approvalOf(this.route.head) : undefined;
      const outcome = await awaitPortableApproval(context, enriched ? { ...held, exchange } : held, {
        waitSeconds: preferredWait(this.route.head),
        ...(approvalId !== undefined && { approvalId }),
        signal: hold.signal,
        reinspect: async () => (understood.reinspect ? understood.reinspect() : exchange),
      });
      this.#hold = undefined;
      if (outcome.kind === 'pending') this.#pending(outcome, held.decisionId, understood);
      else this.#decided(outcome);
    } catch (error) {
      this.session.parts.host.log('warn', 'a held request failed', { reason: textOf(error) });
      this.#respond({ status: 503, code: 'approval-void', text: 'the approval could not be obtained' });
      this.#end('the approval could not be obtained', 'failed');
    }
  }

  #pending({ approvalId, expiresAt }: StillPending, decisionId: string, { resume }: Understood): void {
    const url = this.session.parts.host.approvalUrl(approvalId);
    this.#respond({
      status: resume === 'by-id' ? 202 : 429,
      code: 'pending',
      text: `this needs approval: waiting for ${approvalId}`,
      decisionId,
      approval: { id: approvalId, url, expiresAt },
      retryAfterSeconds,
    });
    this.#end('waiting for approval', 'failed');
  }

  #decided(verdict: Exclude<Verdict<Understood>, Held<Understood>>): void {
    if (verdict.kind === 'deny') {
      this.#respond(deniedBy(verdict));
      return this.#end('denied', 'failed');
    }
    if (this.#over) {
      if (verdict.approvalId) this.#report(verdict.approvalId, 'failed', 'the client left before it ran');
      return;
    }
    this.#permitted = verdict;
    const plan = this.#understood!.answer(verdict.obligations);
    if (!plan) {
      this.#respond({
        status: 403,
        code: 'cannot-perform',
        text: 'what may be shown of the answer cannot be told from the rest',
        decisionId: decisionId(this.session.context.session.id, this.#seq),
      });
      return this.#end('nothing was sent: the obligations cannot be met', 'failed');
    }
    this.#forward(verdict, plan);
  }

  #forward(verdict: Permitted<Understood>, plan: AnswerPlan): void {
    const { session } = this;
    let forward: ForwardRequest;
    try {
      const { body } = plan.forward ?? this.#understood!.forward;
      if (Buffer.isBuffer(body)) session.tape.of(this.#seq).request(body);
      const judged = verdict.permit.take();
      // The plan is one that this very request makes.
      if (judged !== this.#understood) throw new Error('the permit is for another request');
      forward = plan.forward ?? judged.forward;
    } catch (error) {
      session.parts.host.log('error', 'a decision could not be recorded', { reason: textOf(error) });
      this.#respond({ status: 503, code: 'recording-failed', text: 'the request could not be recorded' });
      return this.#end('nothing was sent: the recording failed', 'failed');
    }
    this.#upstream = session.pool.send(
      upstreamRequest(session, forward, { tunnel: this.#understood!.tunnel, body: this.#streamed(forward) }),
      {
        response: (head, body) => this.#answered(plan, head, body),
        switched: (head, tunnel) => this.#switched(head, tunnel),
        failed: (fault, sent) => {
          this.#respond(upstreamFault(fault, sent));
          this.#end(fault.message, sent ? 'unknown' : 'failed');
        },
      },
    );
  }

  /** The client's body as it arrives, where it was not read before. */
  #streamed({ body }: ForwardRequest): StreamedBody | undefined {
    const { request, session } = this;
    if (body !== 'stream' || !request.body) return undefined;
    const maxBytes = session.parts.binding.http?.maxBodyBytes ?? Infinity;
    const { bodyLength } = request.head;
    return { reader: new ForwardedBody(request.body, session.tape.of(this.#seq), maxBytes), length: bodyLength };
  }

  #answered(plan: AnswerPlan, received: ResponseHead, body: BodyReader | undefined): void {
    if (this.#over) return body?.cancel();
    const { session } = this;
    const shown = openAnswer({ session, route: this.route, plan }, received, body);
    if (shown.kind === 'refuse') {
      body?.cancel();
      this.#respond(shown.refusal);
      return this.#end(`${received.status}, not shown: ${shown.refusal.text}`, 'completed');
    }
    this.#answer = new Answer({
      ...shown.answer,
      request: this.request,
      tape: session.tape.of(this.#seq),
      done: (bytes) => this.#end(`${received.status}, ${bytes} bytes`, 'completed'),
      broke: (fault, begun) => {
        this.#upstream?.cancel();
        if (!begun) this.#respond(upstreamFault(fault, true));
        this.#end(`${received.status}, broken off: ${fault.message}`, 'unknown');
      },
    });
    this.#answer.start();
  }

  #switched(head: ResponseHead, upstream: Tunnel): void {
    if (this.#over) return void upstream.destroy();
    try {
      this.#tunnel = this.#relay(head, upstream);
    } catch (error) {
      upstream.destroy();
      const fault = error instanceof WireFault ? error : new WireFault('switch', 'the switch could not be made', 502);
      this.#respond(upstreamFault(fault, true));
      this.#end(fault.message, 'unknown');
    }
  }

  #relay(head: ResponseHead, upstream: Tunnel): RunningTunnel {
    const handler = this.#understood!.tunnel;
    const headers = handler?.accept(head);
    if (!handler || !headers) throw new WireFault('switch', 'the target switched to something else', 502);
    const tape = this.session.tape.of(this.#seq);
    tape.response(headBytes({ status: 101, headers }));
    tape.flush();
    return handler.relay({
      client: this.request.switchProtocols(headers),
      upstream,
      tape,
      seq: this.#seq,
      obligations: this.#permitted!.obligations,
      hide: (message) => this.session.secrets.whole(message),
      permits: (action) => this.session.permits(action),
      ended: (completion, outcome) => this.#end(completion, outcome),
    });
  }

  /** Answers with the gateway's own words, where the client still waits for some. */
  #respond(refusal: Refusal): void {
    if (this.#over || this.#gone) return;
    const { session, request, route } = this;
    try {
      const local: LocalResponse = session.parts.protocol.refusal(refusal, route.head);
      const tape = session.tape.of(this.#seq);
      tape.response(headBytes(local));
      if (local.body.length > 0) tape.response(local.body);
      tape.flush();
      request.respond({ status: local.status, headers: local.headers, bodyLength: local.body.length }, local.body);
    } catch {
      request.abort();
    }
  }

  #left(): void {
    if (this.#over) return;
    this.#gone = true;
    this.#hold?.abort();
    this.#upstream?.cancel();
    if (this.#hold) return;
    this.#end('the client left', this.#upstream ? 'unknown' : 'failed');
  }

  #end(completion: string, outcome: 'completed' | 'failed' | 'unknown'): void {
    if (this.#over) return;
    this.#over = true;
    const { session } = this;
    session.ended(this);
    if (outcome !== 'completed') this.#upstream?.cancel();
    const approvalId = this.#permitted?.approvalId;
    try {
      if (this.#permitted) session.tape.outcome(this.#seq, completion);
      if (approvalId) this.#report(approvalId, outcome, completion);
    } catch (error) {
      session.parts.host.log('error', 'an outcome could not be kept', { reason: textOf(error) });
    }
  }

  #report(approvalId: string, outcome: 'completed' | 'failed' | 'unknown', detail: string): void {
    this.session.context.approvals.report(approvalId, outcome, detail);
  }
}

const notUnderstood: Refused = {
  kind: 'refused',
  status: 400,
  reason: { code: 'unparsable', text: 'the request is not understood' },
};

/** For the record of what never became an action. */
function unknownAction({ parts }: WebSession, { head }: Route, text: string | undefined): Action {
  const { protocol, name } = parts.binding;
  return {
    protocol,
    kind: 'refused',
    text: text ?? `${head.method} ${head.target.path}`,
    effects: [{ verb: protocol === 'http' ? 'request' : 'get', object: { kind: 'Resource', resource: name } }],
    context: {},
    lineage: { results: [], usedElsewhere: [] satisfies Obligation[] as never[] },
    fingerprint: '',
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
