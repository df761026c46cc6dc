import { Injectable } from '@nestjs/common';
import type { ApiVerb } from '@sallyport/policy';
import { isAdministrator } from '@sallyport/policy';
import type { EntityManager } from 'typeorm';
import type { Actor } from '../../platform/auth/actor.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { isPrivileged } from '../configuration/administration.js';
import { apiObject } from '../configuration/api-objects.js';
import { ApiRulesService } from '../configuration/api-rules.service.js';
import { loadConfiguration } from '../configuration/configuration-store.js';
import { notFound } from '../configuration/plan.js';

/** Who may do what to the keys of an account: a key is the account, so the account is what rules see. */
@Injectable()
export class KeyAuthority {
  constructor(private readonly rules: ApiRulesService) {}

  /**
   * For a transaction that holds the revision's lock.
   * @param expiresAt when the key in question ends; null: it does not.
   * @throws ProblemError 403 or 404.
   */
  async require(manager: EntityManager, { actor, verb, account, expiresAt }: KeyQuestion): Promise<void> {
    const configuration = await loadConfiguration(manager);
    const found = configuration.get('ServiceAccount', account);
    if (typeof actor === 'string') {
      if (!found) throw notFound('ServiceAccount', account);
      return;
    }
    await this.rules.refresh(manager);
    const { lifetimeSeconds: _, ...facts } = found ? apiObject(found, configuration) : { name: account };
    const ends = [expiresAt, found?.spec.expiresAt ? new Date(found.spec.expiresAt) : null].filter(
      (end) => end !== null,
    );
    const last = ends.length > 0 ? Math.min(...ends.map((end) => end.getTime())) : undefined;
    const object = {
      ...{ ...facts, kind: 'Key' },
      ...(last !== undefined && { lifetimeSeconds: (last - Date.now()) / 1000 }),
    };
    const may = this.rules.judge(actor, verb, 'service-account-keys', object);
    // A rule about keys in general must not hand out the installation.
    const handsOut = isPrivileged(configuration, account) && !isAdministrator(actor.principal);
    if (!may || handsOut) {
      throw new ProblemError(403, 'forbidden', `Your identity may not ${verb} keys of ServiceAccount ${account}.`);
    }
    if (!found) throw notFound('ServiceAccount', account);
  }
}

export interface KeyQuestion {
  readonly actor: Actor;
  readonly verb: ApiVerb;
  readonly account: string;
  readonly expiresAt: Date | null;
}
