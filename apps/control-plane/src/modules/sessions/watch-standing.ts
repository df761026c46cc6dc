import { Inject, Injectable } from '@nestjs/common';
import type { Session } from '@sallyport/api-contract';
import { API_RULES, type ApiRules } from '../../platform/auth/api-judge.js';
import { bearerOf } from '../../platform/auth/bearer.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { CREDENTIAL_VERIFIER, type CredentialVerifier } from '../../platform/auth/credential-verifier.js';
import type { HttpRequest } from '../../platform/http/http-types.js';
import { SessionAccess } from './session-access.js';
import { noSuchSession, SessionsQueries } from './sessions.queries.js';

/** Who may watch: who may read the recording, and for as long as that lasts. */
@Injectable()
export class WatchStanding {
  constructor(
    @Inject(CREDENTIAL_VERIFIER) private readonly verifier: CredentialVerifier,
    @Inject(API_RULES) private readonly rules: ApiRules,
    private readonly queries: SessionsQueries,
    private readonly access: SessionAccess,
  ) {}

  /** Throws ProblemError 404: a session that the caller may not see is none. */
  async permitted(id: string, caller: CallerIdentity): Promise<Session> {
    const session = await this.queries.get(id);
    if (!this.access.permits(caller, ['read', 'recordings'], session)) throw noSuchSession();
    return session;
  }

  /** Asked anew, with the credential that the request came with. Rejects when it cannot be found out. */
  async holds(request: HttpRequest, id: string): Promise<boolean> {
    const credential = bearerOf(request);
    const identity = credential === undefined ? undefined : await this.verifier.verify(credential);
    if (!identity) return false;
    await this.rules.refresh();
    const caller = { ...identity, sourceIp: request.socket.remoteAddress };
    return this.access.permits(caller, ['read', 'recordings'], await this.queries.get(id));
  }
}
