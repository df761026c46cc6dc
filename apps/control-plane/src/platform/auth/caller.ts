import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { Principal } from '@sallyport/domain';
import type { HttpRequest } from '../http/http-types.js';
import { ProblemError } from '../http/problem-error.js';

/** Who makes this request, as the guard proved it. */
export interface CallerIdentity {
  readonly principal: Principal;
  /** Id of the key behind the request, also when an access token was shown. */
  readonly credentialId: string;
  /** The person behind the principal: a service account's owner, else the principal itself. Same person, same id. */
  readonly personId: string;
  /** Address of the client, as this server sees it. */
  readonly sourceIp?: string | undefined;
}

const caller = Symbol('caller');
type WithCaller = HttpRequest & { [caller]?: CallerIdentity };

export function setCaller(request: HttpRequest, identity: CallerIdentity): void {
  (request as WithCaller)[caller] = identity;
}

export function callerOf(request: HttpRequest): CallerIdentity | undefined {
  return (request as WithCaller)[caller];
}

/** Parameter decorator: the CallerIdentity. Only for handlers that are not `@Public()`. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): CallerIdentity => {
  const identity = callerOf(context.switchToHttp().getRequest<HttpRequest>());
  if (!identity) throw new ProblemError(401, 'unauthenticated', 'This needs a credential.');
  return identity;
});

/** What proved the caller, as policies name it: `login`, `exchange`, `issuer`, else a service account's `key`. */
export function credentialKindOf(credentialId: string): string {
  const prefix = /^([a-z]+):/.exec(credentialId)?.[1];
  return prefix ?? 'key';
}
