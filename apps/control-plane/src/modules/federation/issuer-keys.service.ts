import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { LOGGER } from '../../platform/logging/logger.js';
import { AuditService } from '../audit/audit.service.js';
import { bumpRevision, lockRevision } from '../configuration/configuration-store.js';
import { ConfigurationService } from '../configuration/configuration.service.js';
import type { StoredObject } from '../configuration/configuration.js';
import { issuerFetches } from './federation.metrics.js';
import { fetchIssuerKeys } from './issuer-discovery.js';
import { IssuerUnreachable } from './issuer-fetch.js';
import type { Jwk } from './issuer-jwks.js';
import { isSameKeySet } from './issuer-jwks.js';
import type { Patience } from './issuer-keys.store.js';
import {
  claimFetch,
  expectIssuerKeys,
  lockIssuerKeys,
  notePublished,
  saveFetchFailure,
  saveIssuerKeys,
  sourceOf,
} from './issuer-keys.store.js';

type Issuer = Pick<StoredObject<'TrustedIssuer'>, 'name' | 'spec'>;

/**
 * Keys of trusted issuers, fetched by the control plane alone. What counts is what the issuer serves now: a key that has
 * left its set counts no longer, one that has come back counts again, and nothing older is remembered. An issuer that
 * serves an old set says so over its own TLS, and is believed as it is for any other set.
 */
@Injectable()
export class IssuerKeys {
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly log: Pick<Logger, 'info' | 'warn'>,
    private readonly configuration: ConfigurationService,
    private readonly audit: AuditService,
  ) {}

  /** Fetches unless it is too soon, or another replica does. Never throws for what the issuer does. */
  async refresh({ name, spec }: Issuer, patience: Patience): Promise<void> {
    const source = sourceOf(spec);
    if (source === undefined) return;
    const key = `${name} ${source}`;
    const work = this.#underWay.get(key) ?? this.#refresh({ name, spec }, source, patience);
    this.#underWay.set(key, work);
    try {
      await work;
    } finally {
      if (this.#underWay.get(key) === work) this.#underWay.delete(key);
    }
  }

  async #refresh({ name, spec }: Issuer, source: string, patience: Patience): Promise<void> {
    await expectIssuerKeys(this.dataSource, name, source);
    if (!(await claimFetch(this.dataSource, name, source, patience))) return;
    let keys: Jwk[];
    try {
      keys = await fetchIssuerKeys(spec);
    } catch (error) {
      const failure = error instanceof IssuerUnreachable ? error.message : 'the answer could not be read';
      issuerFetches.inc({ result: 'failed' });
      this.log.warn({ err: error, issuer: name }, 'the keys of an issuer could not be fetched');
      return saveFetchFailure(this.dataSource, name, source, failure);
    }
    issuerFetches.inc({ result: 'fetched' });
    await this.#keep(name, source, keys);
  }

  /** A changed set is a new revision at once; one that is the same is another only before gateways would take it for stale. */
  async #keep(name: string, source: string, keys: readonly Jwk[]): Promise<void> {
    const revision = await this.dataSource.transaction(async (manager) => {
      await lockRevision(manager);
      const before = await lockIssuerKeys(manager, name, source);
      if (!before) return undefined;
      await saveIssuerKeys(manager, name, keys);
      const isChanged = !isSameKeySet(before.jwks ?? [], keys);
      if (!isChanged && !before.isPublishedSoonStale) return undefined;
      await notePublished(manager);
      const next = await bumpRevision(manager);
      if (isChanged) {
        const detail = { revision: next, before: keyIds(before.jwks ?? []), after: keyIds(keys) };
        const action = 'trustedIssuer.keysChanged';
        await this.audit.record({ actor: 'system', action, target: `TrustedIssuer::${name}`, detail }, manager);
      }
      return next;
    });
    if (revision === undefined) return;
    this.log.info({ issuer: name, revision }, 'the keys of an issuer are published anew');
    await this.configuration.publish('policy.changed', { revision });
  }
}

function keyIds(keys: readonly Jwk[]): unknown[] {
  return keys.map(({ kid, kty }) => kid ?? kty);
}
