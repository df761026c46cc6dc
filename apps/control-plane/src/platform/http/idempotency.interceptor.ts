import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { principalRef } from '@sallyport/domain';
import type { Logger } from 'pino';
import type { Observable } from 'rxjs';
import { defer, firstValueFrom, from } from 'rxjs';
import { callerOf } from '../auth/caller.js';
import { LOGGER } from '../logging/logger.js';
import type { HttpRequest, HttpResponse } from './http-types.js';
import type { IdempotencyKey, KeptAnswer } from './idempotency-store.js';
import { IdempotencyStore } from './idempotency-store.js';
import { ProblemError } from './problem-error.js';

const replayedHeaders = ['etag', 'location'];

/** A POST with an `Idempotency-Key` runs once; sent again by the same principal and credential it gets the same answer. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly store: IdempotencyStore,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<HttpRequest>();
    const key = request.headers['idempotency-key'];
    const caller = callerOf(request);
    if (request.method !== 'POST' || key === undefined || !caller) return next.handle();
    if (typeof key !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(key)) {
      throw new ProblemError(400, 'invalid-idempotency-key', 'Idempotency-Key has 1 to 200 visible ASCII characters.');
    }
    // An agent shows the login of the person it acts for, and may do less.
    const id = { caller: `${principalRef(caller.principal)} ${caller.credentialId}`, key };
    return from(this.run(id, request, { response: http.getResponse<HttpResponse>(), next }));
  }

  private async run(
    id: IdempotencyKey,
    request: HttpRequest,
    { response, next }: { response: HttpResponse; next: CallHandler },
  ): Promise<unknown> {
    const body = JSON.stringify(request.body) ?? '';
    const claim = await this.store.claim(id, [request.method, request.originalUrl, body]);
    if (claim.kind === 'again') return replay(response, claim.answer);
    if (claim.kind === 'running') {
      throw new ProblemError(409, 'idempotency-in-progress', 'The first request with this key still runs.', {
        headers: { 'Retry-After': '1' },
      });
    }
    if (claim.kind === 'other-request') {
      throw new ProblemError(422, 'idempotency-key-reused', 'This Idempotency-Key was used for another request.');
    }
    const answer: unknown = await firstValueFrom(
      defer(() => next.handle()),
      { defaultValue: undefined },
    ).catch(async (error: unknown) => {
      await this.store.release(id).catch((failure: unknown) => this.log.warn({ err: failure }, 'a key stays taken'));
      throw error;
    });
    const { statusCode: status } = response;
    // What was done is done: a failure to remember it must not look like a failure to do it.
    await this.store
      .keep(id, { status, headers: keptHeaders(response), body: answer ?? null })
      .catch((failure: unknown) => this.log.warn({ err: failure }, 'an answer could not be kept'));
    return answer;
  }
}

function keptHeaders(response: HttpResponse): Record<string, string> {
  const given = replayedHeaders.map((name) => [name, response.getHeader(name)] as const);
  return Object.fromEntries(given.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}

function replay(response: HttpResponse, answer: KeptAnswer): unknown {
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  response.setHeader('Idempotent-Replayed', 'true');
  return answer.body ?? undefined;
}
