import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { ApiVerb } from '@sallyport/policy';
import type { HttpRequest } from '../http/http-types.js';
import { ProblemError } from '../http/problem-error.js';
import type { AccessRule } from './authorize.js';
import { bearerOf } from './bearer.js';
import { ACCESS_RULE } from './authorize.js';
import type { CallerIdentity } from './caller.js';
import { setCaller } from './caller.js';
import type { ApiRules } from './api-judge.js';
import { API_RULES } from './api-judge.js';
import type { CredentialVerifier } from './credential-verifier.js';
import { CREDENTIAL_VERIFIER } from './credential-verifier.js';

/** Every request passes here once. What no rule names is denied. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(CREDENTIAL_VERIFIER) private readonly verifier: CredentialVerifier,
    @Inject(API_RULES) private readonly rules: ApiRules,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!rule) throw forbidden();
    if (rule.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const caller = { ...(await this.identify(request)), sourceIp: request.socket.remoteAddress };
    setCaller(request, caller);
    // Also where no rule is asked here: the handler may ask one.
    await this.rules.refresh();
    if (rule.kind === 'authorize' && !this.permits(rule, caller, request)) throw forbidden();
    return true;
  }

  private permits(
    { verb, collection, judgedLater }: Extract<AccessRule, { kind: 'authorize' }>,
    caller: CallerIdentity,
    request: HttpRequest,
  ): boolean {
    if (judgedLater) return this.rules.mayPermit(caller, verb, collection);
    const name = objectName(request, verb);
    return this.rules.judge(caller, verb, collection, name === undefined ? undefined : { name });
  }

  private async identify(request: HttpRequest): Promise<CallerIdentity> {
    const credential = bearerOf(request);
    const caller = credential === undefined ? undefined : await this.verifier.verify(credential);
    if (caller) return caller;
    const challenge =
      request.headers.authorization === undefined
        ? 'Bearer realm="sallyport"'
        : 'Bearer realm="sallyport", error="invalid_token"';
    throw new ProblemError(
      401,
      'unauthenticated',
      'This needs a valid credential: Authorization: Bearer KEY-OR-TOKEN.',
      {
        headers: { 'WWW-Authenticate': challenge },
      },
    );
  }
}

/** As the path names it, or else the body of what is to be made: a list has no name, whatever body comes with the request. */
function objectName({ params, body }: HttpRequest, verb: ApiVerb): string | undefined {
  const inPath = params?.['name'] ?? params?.['id'];
  if (inPath !== undefined || verb !== 'create') return inPath;
  const inBody = typeof body === 'object' && body !== null ? (body as { name?: unknown }).name : undefined;
  return typeof inBody === 'string' ? inBody : undefined;
}

function forbidden(): ProblemError {
  return new ProblemError(403, 'forbidden', 'Your identity may not do this.');
}
