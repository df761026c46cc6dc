import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import type { Logger } from 'pino';
import type { HttpResponse } from './http-types.js';
import { ProblemError } from './problem-error.js';

/** Turns whatever was thrown into problem+json. What nobody expected says nothing about its cause to the client. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<HttpResponse>();
    const problem = toProblem(thrown);
    if (problem.status >= 500) this.log.error({ err: thrown }, 'request failed');
    sendProblem(response, problem);
  }
}

export function sendProblem(response: HttpResponse, problem: ProblemError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[problem.status] ?? 'Error',
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
    ...(problem.extra.errors && { errors: problem.extra.errors }),
  });
  response
    .writeHead(problem.status, { ...problem.extra.headers, 'Content-Type': 'application/problem+json' })
    .end(body);
}

const codes: Readonly<Record<number, string>> = {
  400: 'malformed-request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  413: 'too-large',
  415: 'unsupported-media-type',
};

export function toProblem(thrown: unknown): ProblemError {
  if (thrown instanceof ProblemError) return thrown;
  const status = clientErrorStatus(thrown);
  if (status === undefined)
    return new ProblemError(500, 'internal', 'The server failed; nothing is known to have changed.');
  if (thrown instanceof HttpException) return new ProblemError(status, codes[status] ?? 'rejected', thrown.message);
  // Body parser: its own messages may quote the body, which may hold a secret.
  return new ProblemError(status, codes[status] ?? 'rejected', 'The request body cannot be read.');
}

function clientErrorStatus(thrown: unknown): number | undefined {
  const status =
    thrown instanceof HttpException ? thrown.getStatus() : (thrown as { status?: unknown } | undefined)?.status;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
