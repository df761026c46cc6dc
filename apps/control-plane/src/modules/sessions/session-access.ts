import { Inject, Injectable } from '@nestjs/common';
import type { Session } from '@sallyport/api-contract';
import { API_JUDGE, type ApiJudge } from '../../platform/auth/api-judge.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';

/** Of one session: to see it, to see its recording, or to end it. */
export type SessionRight =
  readonly ['read', 'sessions'] | readonly ['read', 'recordings'] | readonly ['update', 'sessions'];

/**
 * Every session is judged as what it is, also in lists: rules see its id as `name`, `Session` as `kind`, its principal as
 * `owner` and the principal's groups as `groups`.
 */
@Injectable()
export class SessionAccess {
  constructor(@Inject(API_JUDGE) private readonly judge: ApiJudge) {}

  permits(caller: CallerIdentity, [verb, collection]: SessionRight, session: Session): boolean {
    const { id, principal, groups } = session;
    return this.judge(caller, verb, collection, { name: id, kind: 'Session', owner: principal, groups });
  }
}
