import { Inject, Injectable } from '@nestjs/common';
import type { ExtendBody, NewAccessRequest } from '@sallyport/api-contract';
import { principalRef, type Principal } from '@sallyport/domain';
import type { DataSource, EntityManager } from 'typeorm';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { groupsInForce } from '../approvals/approval-rules.js';
import { CURRENT_PRINCIPALS, type CurrentPrincipals } from '../approvals/current-principals.js';
import { loadPeople } from '../approvals/people.store.js';
import { AuditService } from '../audit/audit.service.js';
import { lockRevision } from '../configuration/configuration-store.js';
import { obstacleTo } from './access-request.js';
import type { AccessRequestRow } from './access-request.store.js';
import { findRequest, insertRequest, lockPendingOf } from './access-request.store.js';
import { GrantNews } from './grant-news.js';
import { grantOfRequest, standingGrants } from './grant.store.js';
import { grantNow, type Granted } from './granting.js';
import { accessRequests } from './grants.metrics.js';
import { isOwner, isParty, noRequest, refusalOf, termsFor } from './request-terms.js';

/** A wish as it is stored. */
interface Asked {
  readonly role: string;
  readonly resources: readonly string[];
  readonly principal: string;
  readonly reason: string;
  readonly seconds: number;
  readonly breakGlass: boolean;
  readonly extends: string | null;
  /** From the first start on, the time already granted included. Seconds. */
  readonly totalSeconds: number;
}

/** Takes in what people and machines ask for. */
@Injectable()
export class AccessIntake {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Pick<Config, 'maxPendingApprovals'>,
    @Inject(CURRENT_PRINCIPALS) private readonly principals: CurrentPrincipals,
    private readonly audit: AuditService,
    private readonly news: GrantNews,
  ) {}

  /** Gives back the request's id. Throws ProblemError where it may not be asked, is asked already or once too often. */
  async ask(caller: CallerIdentity, wish: NewAccessRequest): Promise<string> {
    const resources = [...new Set(wish.resources)].sort();
    const { request, granted } = await this.dataSource.transaction(async (manager) => {
      const principal = await this.#holder(manager, caller.principal, wish);
      return this.#store(manager, caller, { ...wish, resources, principal, extends: null, totalSeconds: wish.seconds });
    });
    accessRequests.inc({ event: 'created' });
    if (granted) await this.news.brokeGlass(request, granted);
    return request.id;
  }

  /** Asks for more time for what came of a request. Gives back the new request's id. */
  async extend(id: string, caller: CallerIdentity, { seconds, reason }: ExtendBody): Promise<string> {
    const { request } = await this.dataSource.transaction(async (manager) => {
      const before = await findRequest(manager, id);
      if (!before || !isParty(caller.principal, before)) throw noRequest();
      const grant = await grantOfRequest(manager, id);
      if (!grant || grant.ended_at || grant.is_past) throw new ProblemError(409, 'grant-ended', 'Its grant has ended.');
      const { role, resources, principal } = grant;
      const totalSeconds = (grant.expires_at.getTime() - grant.started_at.getTime()) / 1000 + seconds;
      const asked = { role, resources, principal, seconds, reason, breakGlass: false, extends: grant.id, totalSeconds };
      return this.#store(manager, caller, asked);
    });
    accessRequests.inc({ event: 'created' });
    return request.id;
  }

  /** Who is to have it: the caller, or a service account of theirs. */
  async #holder(manager: EntityManager, caller: Principal, wish: NewAccessRequest): Promise<string> {
    const own = principalRef(caller);
    const { principal = own, breakGlass } = wish;
    if (principal === own) return own;
    const account = await this.principals.find(principal, manager);
    if (!account || !isOwner(caller, account)) {
      throw new ProblemError(403, 'not-yours', 'You can ask for yourself and for service accounts that you own.');
    }
    if (breakGlass) throw new ProblemError(403, 'no-break-glass', 'In an emergency one takes a role for oneself.');
    return principal;
  }

  async #store(
    manager: EntityManager,
    { principal: requester, credentialId }: CallerIdentity,
    asked: Asked,
  ): Promise<{ request: AccessRequestRow; granted?: Granted }> {
    const person = (await loadPeople(manager)).personOf(requester);
    this.#requireRoom(await lockPendingOf(manager, person), asked);
    if (asked.breakGlass) await this.#requireNotHeld(manager, asked);
    const wish = { ...asked, seconds: asked.totalSeconds, groups: groupsInForce(requester) };
    const obstacle = obstacleTo(wish, await termsFor(manager, asked.role, asked.resources));
    if (obstacle) throw refusalOf(obstacle, asked.resources);
    const request = await insertRequest(manager, {
      ...{ role: asked.role, resources: [...asked.resources], principal: asked.principal, reason: asked.reason },
      ...{ requester, requester_ref: principalRef(requester), person, credential_id: credentialId },
      ...{ seconds: asked.seconds, break_glass: asked.breakGlass, extends: asked.extends },
    });
    const granted = asked.breakGlass ? await grantNow(manager, request) : undefined;
    await this.audit.record(
      {
        actor: principalRef(requester),
        action: asked.breakGlass ? 'access-request.break-glass' : 'access-request.created',
        target: `AccessRequest::${request.id}`,
        detail: {
          ...{ role: asked.role, resources: asked.resources, principal: asked.principal, reason: asked.reason },
          ...{ seconds: asked.seconds, extends: asked.extends, credentialId },
          ...(granted && { grantId: granted.grant.id, expiresAt: granted.grant.expires_at.toISOString() }),
        },
      },
      manager,
    );
    return { request, ...(granted && { granted }) };
  }

  /** An emergency ends before the next one begins: otherwise no longest time would hold. Takes the revision. */
  async #requireNotHeld(manager: EntityManager, asked: Asked): Promise<void> {
    await lockRevision(manager);
    const taken = (await standingGrants(manager)).find(
      (grant) => grant.break_glass && grant.principal === asked.principal && grant.role === asked.role,
    );
    if (taken) throw new ProblemError(409, 'already-granted', `You have taken this role already: grant ${taken.id}.`);
  }

  /** AP-11: nobody buries an approver, nor asks for one thing twice. */
  #requireRoom(pending: readonly AccessRequestRow[], asked: Asked): void {
    if (asked.breakGlass) return;
    const same = pending.find(
      (one) =>
        one.role === asked.role &&
        one.principal === asked.principal &&
        one.extends === asked.extends &&
        one.resources.join() === asked.resources.join(),
    );
    if (same) throw new ProblemError(409, 'already-pending', `The same is asked for already: ${same.id}.`);
    if (pending.length >= this.config.maxPendingApprovals) {
      accessRequests.inc({ event: 'too-many' });
      throw new ProblemError(429, 'too-many-pending', 'Too many requests of yours wait for a decision.');
    }
  }
}
