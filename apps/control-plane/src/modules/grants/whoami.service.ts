import { Inject, Injectable } from '@nestjs/common';
import type { ExplainedRole, HeldRole, Whoami, WhoamiExplanation } from '@sallyport/api-contract';
import { principalRef } from '@sallyport/domain';
import type { DataSource } from 'typeorm';
import { credentialKindOf, type CallerIdentity } from '../../platform/auth/caller.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { loadPeople } from '../approvals/people.store.js';
import { displayText } from '../approvals/display-text.js';
import { CurrentJudge, type Moment } from '../decisions/current-judge.js';
import { findKey } from '../identity/key-store.js';
import { findStandingLogin } from '../logins/login-store.js';
import { explainGroups, type MetClaims } from './explain-groups.js';
import { explainResources } from './explain-resources.js';
import { requestableRoles } from './requestable-roles.js';
import type { GrantRow } from './grant.store.js';
import { GrantsQueries } from './grants.queries.js';
import { grantedTo, standingRoles } from './held-roles.js';

interface Credential {
  readonly facts: WhoamiExplanation['credential'];
  readonly met: MetClaims;
}

/** Who the caller is, what that gives them, and why. */
@Injectable()
export class WhoamiService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly current: CurrentJudge,
    private readonly grants: GrantsQueries,
  ) {}

  async whoami(caller: CallerIdentity, explain: boolean): Promise<Whoami> {
    const { principal, credentialId } = caller;
    const moment = await this.current.now();
    return {
      principal: principalRef(principal),
      groups: [...principal.groups],
      roles: [
        ...standingRoles(moment.configuration, principal).map(({ role }) => standing(role)),
        ...grantedTo(principal, moment).map(granted),
      ],
      owner: principal.owner ?? null,
      actsFor: principal.actsFor ? principalRef(principal.actsFor) : null,
      person: (await loadPeople(this.dataSource)).personOf(principal),
      credentialId,
      ...(explain && { explanation: await this.#explain(caller, moment) }),
    };
  }

  async #explain(caller: CallerIdentity, moment: Moment): Promise<WhoamiExplanation> {
    const { principal, sourceIp } = caller;
    const { facts, met } = await this.#credential(caller.credentialId);
    return {
      credential: facts,
      groups: explainGroups(moment.configuration, principal, met),
      roles: await this.#roles(caller, moment),
      requestable: requestableRoles(moment.configuration, principal),
      // An address that is not known is none that a policy can name.
      ...explainResources(principal, sourceIp ?? '::', moment),
    };
  }

  async #roles({ principal }: CallerIdentity, moment: Moment): Promise<ExplainedRole[]> {
    const grants = grantedTo(principal, moment);
    const histories = await this.grants.histories(grants.map(({ id }) => id));
    const members = standingRoles(moment.configuration, principal).map(({ role, members }) => ({
      ...{ ...standing(role), members, grant: null },
    }));
    return [
      ...members,
      ...histories.map((found) => ({
        ...{ ...granted(found), members: [] },
        grant: {
          ...{ id: found.id, requestId: found.request_id, requester: found.requester_ref },
          ...{ approvedBy: found.approvers.map(principalRef), breakGlass: found.break_glass },
          displayReason: displayText(found.reason),
        },
      })),
    ];
  }

  /** What is known of the credential in use, and which claim rules it can have met. */
  async #credential(id: string): Promise<Credential> {
    const kind = credentialKindOf(id);
    if (kind === 'login') {
      const login = await findStandingLogin(this.dataSource, id.slice('login:'.length));
      return {
        facts: { kind, endsAt: login?.expiresAt.toISOString() ?? null },
        met: ({ issuer, group, claim, equals }) =>
          issuer === login?.provider &&
          login.grounds.some((one) => one.group === group && one.claim === claim && one.equals === equals),
      };
    }
    if (kind === 'exchange') return { facts: { kind, endsAt: null }, met: () => true };
    if (kind === 'issuer') {
      const name = id.split(':')[1];
      return { facts: { kind, endsAt: null }, met: ({ issuer }) => issuer === name };
    }
    const key = await findKey(this.dataSource, id);
    return { facts: { kind: 'key', endsAt: key?.expiresAt?.toISOString() ?? null }, met: () => false };
  }
}

function standing(role: string): HeldRole {
  return { role, by: 'membership', resources: null, until: null };
}

function granted({ role, resources, expires_at }: GrantRow): HeldRole {
  return { role, by: 'grant', resources: [...resources], until: expires_at.toISOString() };
}
