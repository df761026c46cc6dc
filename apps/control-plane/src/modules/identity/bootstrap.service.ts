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
import { sameHash } from './api-key.js';
import { KeysService } from './keys.service.js';

const administrator = 'admin';
const administrators = 'admins';

/** Makes the first administrator. Each configured token works once; who can configure a new one runs the server anyway. */
@Injectable()
export class BootstrapService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
    private readonly keys: KeysService,
    private readonly configuration: ConfigurationService,
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
      await saveObject(manager, { kind: 'ServiceAccount', name: administrator, spec, origin: 'api' });
      return this.keys.createIn(manager, { actor: 'bootstrap', account: administrator, request: {} });
    });
    await this.configuration.publish('policy.changed', { revision });
    return { name: administrator, ...key };
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
