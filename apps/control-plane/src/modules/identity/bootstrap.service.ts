import { Inject, Injectable } from '@nestjs/common';
import type { BootstrapResult } from '@sallyport/api-contract';
import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { rows } from '../../platform/database/query.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { findObject, lockRevision, saveObject } from '../configuration/configuration-store.js';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { bootstrapAccount as administrator } from '../configuration/object-rules.js';
import { AuditService } from '../audit/audit.service.js';
import { sameHash } from './api-key.js';
import { KeysService } from './keys.service.js';

const administrators = 'admins';

/**
 * Makes the first administrator. Each configured token works once, ever. A new one that is configured later is the way back
 * for who has lost every administrator: whoever can configure it runs the server, and its use stands out in the audit trail.
 */
@Injectable()
export class BootstrapService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
    private readonly keys: KeysService,
    private readonly configuration: ConfigurationService,
    private readonly audit: AuditService,
  ) {}

  async bootstrap(token: string): Promise<BootstrapResult> {
    const expected = this.config.bootstrapToken;
    if (expected === undefined || !sameHash(sha256(expected), sha256(token))) {
      throw new ProblemError(403, 'bootstrap-refused', 'This is not the bootstrap token.');
    }
    const { key, revision } = await this.dataSource.transaction(async (manager) => {
      await lockRevision(manager);
      const used = await rows(
        manager,
        'INSERT INTO bootstrap_use (token_hash) VALUES ($1) ON CONFLICT DO NOTHING RETURNING token_hash',
        [sha256(token)],
      );
      if (used.length === 0) throw new ProblemError(409, 'bootstrap-used', 'The bootstrap token has been used.');
      const before = await findObject(manager, 'ServiceAccount', administrator);
      const groups = [...new Set([...(before?.spec.groups ?? []), administrators])];
      const spec = { groups, owner: before?.spec.owner ?? null, disabled: false, expiresAt: null };
      await saveObject(manager, { kind: 'ServiceAccount', name: administrator, spec, origin: before?.origin ?? 'api' });
      const action = before ? 'bootstrap.recovered' : 'bootstrap.used';
      const target = `ServiceAccount::${administrator}`;
      const detail = { before: before?.spec ?? null, after: spec };
      await this.audit.record({ actor: 'bootstrap', action, target, detail }, manager);
      return this.keys.createIn(manager, { actor: 'bootstrap', account: administrator, request: {} });
    });
    await this.configuration.publish('policy.changed', { revision });
    return { name: administrator, ...key };
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
