import { Inject, Injectable } from '@nestjs/common';
import { manifestKinds } from '@sallyport/api-contract';
import { openStatements, validatePolicies } from '@sallyport/policy';
import type { Logger } from 'pino';
import type { DataSource, EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { SecretStore } from '../../platform/crypto/secret-store.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { EVENT_BUS, type EventBus } from '../../platform/events/event-bus.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { LOGGER } from '../../platform/logging/logger.js';
import { AuditService } from '../audit/audit.service.js';
import { endLoginsAfterChange } from '../logins/logins-after-change.js';
import { bumpRevision, deleteObject, loadConfiguration, lockRevision, saveObject } from './configuration-store.js';
import type { Actor } from '../../platform/auth/actor.js';
import { actorRef } from '../../platform/auth/actor.js';
import { ApiRulesService } from './api-rules.service.js';
import { judgeEdits, withInheritedOwner } from './authority.js';
import type { Configuration, StoredObject, StoredSpecs } from './configuration.js';
import { objectKey } from './configuration.js';
import type { Edit } from './edit.js';
import { InvalidConfiguration } from './edit.js';
import { objectIssues } from './object-rules.js';
import { secretKinds } from './object-secrets.js';
import { readPassword } from './password-source.js';
import type { PlannedChange } from './plan.js';
import { planChanges } from './plan.js';

/** Objects of one kind; keeps one transaction, and one snapshot, within reason. */
const maxObjectsPerKind = 20_000;

export interface ChangeRequest {
  /** A caller is judged on every object of the change. */
  readonly actor: Actor;
  /** Works the edits out from what is stored, inside the transaction. */
  readonly edits: (current: Configuration) => readonly Edit[];
  readonly dryRun?: boolean;
}
export interface ChangeResult {
  readonly revision: number;
  readonly changes: readonly AppliedChange[];
}
export type AppliedChange = PlannedChange & { readonly stored?: StoredObject };

/** The one way in which anything declared changes: validated as a whole, in one transaction, one revision further. */
@Injectable()
export class ConfigurationService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(EVENT_BUS) private readonly events: EventBus,
    @Inject(LOGGER) private readonly log: Logger,
    private readonly secrets: SecretStore,
    private readonly audit: AuditService,
    private readonly rules: ApiRulesService,
  ) {}

  /** @throws ProblemError, InvalidConfiguration; either way nothing has changed. */
  async change(request: ChangeRequest): Promise<ChangeResult> {
    const result = await this.dataSource.transaction((manager) => this.changeIn(manager, request));
    if (!request.dryRun) await this.announce(result);
    return result;
  }

  /** Publishes without failing: the change is durable, and gateways ask again at the latest when their lease is renewed. */
  async publish(topic: string, payload: unknown): Promise<void> {
    try {
      await this.events.publish(topic, payload);
    } catch (error) {
      this.log.warn({ err: error, topic }, 'an event could not be published');
    }
  }

  private async changeIn(manager: EntityManager, request: ChangeRequest): Promise<ChangeResult> {
    const revision = await lockRevision(manager);
    const current = await loadConfiguration(manager);
    const edits = await this.judged(manager, current, request);
    const stored = await this.storedSecrets(manager, edits);
    const planned = planChanges(current, edits, {
      read: (source) => readPassword(source, { env: process.env, ownSecretFiles: this.config.ownSecretFiles }),
      stored: (kind, name) => stored.get(objectKey(kind, name)),
    });
    refuseOwnAccount(planned, actorRef(request.actor));
    checkWhole(current, planned);
    const effective = planned.filter(({ change }) => change !== 'unchanged');
    if (request.dryRun || effective.length === 0) return { revision, changes: planned.map(asStored) };
    const changes: AppliedChange[] = [];
    for (const change of planned) changes.push(await this.write(manager, change));
    const next = await bumpRevision(manager);
    for (const change of effective) await this.record(manager, { change, actor: request.actor, revision: next });
    return { revision: next, changes };
  }

  /** The edits, which the caller may make: under the rules that stand while the revision is locked. */
  private async judged(
    manager: EntityManager,
    current: Configuration,
    request: ChangeRequest,
  ): Promise<readonly Edit[]> {
    const { actor } = request;
    if (typeof actor === 'string') return request.edits(current);
    const edits = request.edits(current).map((edit) => withInheritedOwner(edit, current, actor));
    await this.rules.refresh(manager);
    judgeEdits(current, edits, { caller: actor, judge: this.rules.judge });
    return edits;
  }

  private async storedSecrets(manager: EntityManager, edits: readonly Edit[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const edit of edits) {
      if (edit.op !== 'put') continue;
      const { kind, name } = edit.manifest;
      const secretKind = secretKinds[kind];
      const secret = secretKind && (await this.secrets.get(manager, secretKind, name));
      if (secret) found.set(objectKey(kind, name), secret.toString('utf8'));
    }
    return found;
  }

  private async write(manager: EntityManager, change: PlannedChange): Promise<AppliedChange> {
    const { kind, name, after, secret } = change;
    const secretKind = secretKinds[kind];
    if (change.change === 'unchanged') return asStored(change);
    await endLoginsAfterChange(manager, change);
    if (!after) {
      await deleteObject(manager, kind, name);
      if (secretKind) await this.secrets.remove(manager, secretKind, name);
      return change;
    }
    const stored = await saveObject(manager, { kind, name, spec: after.spec, origin: after.origin });
    if (secretKind && secret !== undefined) {
      await this.secrets.put(manager, secretKind, name, Buffer.from(secret, 'utf8'));
    }
    return { ...change, stored };
  }

  private async record(
    manager: EntityManager,
    { change, actor, revision }: { change: PlannedChange; actor: Actor; revision: number },
  ): Promise<void> {
    const { kind, name, secret, before, after } = change;
    const action = `${kind.charAt(0).toLowerCase()}${kind.slice(1)}.${change.change}`;
    const detail = {
      ...{ revision, before: before?.spec ?? null, after: after?.spec ?? null },
      ...(secret !== undefined && { secretChanged: true }),
      ...(isOpen(change) && { permitsEverybodyEverything: true }),
    };
    if (isOpen(change)) this.log.warn({ policy: name, revision }, 'a policy permits everybody everything');
    await this.audit.record({ actor, action, target: `${kind}::${name}`, detail }, manager);
  }

  private async announce({ revision, changes }: ChangeResult): Promise<void> {
    if (changes.every(({ change }) => change === 'unchanged')) return;
    await this.publish('policy.changed', { revision });
    for (const change of changes) {
      if (!endsAccount(change)) continue;
      await this.publish('identity.revoked', { principal: `${change.kind}::${change.name}`, revision });
    }
  }
}

/** A valid policy, which nobody should write without noticing. */
function isOpen({ kind, name, after }: PlannedChange): boolean {
  if (kind !== 'Policy' || !after) return false;
  return openStatements([{ name, cedar: (after.spec as StoredSpecs['Policy']).cedar }]).length > 0;
}

function asStored(change: PlannedChange): AppliedChange {
  return change.before ? { ...change, stored: change.before } : change;
}

/** Deleted, disabled now or at its end now. */
function endsAccount({ kind, before, after }: PlannedChange): boolean {
  if ((kind !== 'ServiceAccount' && kind !== 'User') || !before) return false;
  const lives = (spec: unknown): boolean => {
    const { disabled, expiresAt = null } = spec as { disabled: boolean; expiresAt?: string | null };
    return !disabled && (expiresAt === null || Date.parse(expiresAt) > Date.now());
  };
  return !after || (lives(before.spec) && !lives(after.spec));
}

function refuseOwnAccount(planned: readonly PlannedChange[], actor: string): void {
  if (planned.some((change) => endsAccount(change) && `${change.kind}::${change.name}` === actor)) {
    throw new ProblemError(409, 'own-account', 'This would end the very account that asks for it; use another one.');
  }
}

/** What only the whole can show: policies are validated as one set, and no kind grows without bound. */
function checkWhole(current: Configuration, planned: readonly PlannedChange[]): void {
  for (const kind of manifestKinds) {
    const created = planned.filter((change) => change.kind === kind && change.change === 'created');
    if (created.length > 0 && current.list(kind).length + created.length > maxObjectsPerKind) {
      throw new ProblemError(409, 'too-many', `There can be ${maxObjectsPerKind} of a kind at most.`);
    }
  }
  const wrong = objectIssues(planned, current);
  if (wrong.length > 0) throw new InvalidConfiguration(wrong);
  const changed = planned.filter((change) => change.kind === 'Policy' && change.change !== 'unchanged');
  if (!changed.some(({ after }) => after)) return;
  const policies = new Map(current.list('Policy').map(({ name, spec }) => [name, spec.cedar]));
  for (const { name, after } of changed) {
    if (after) policies.set(name, (after.spec as StoredSpecs['Policy']).cedar);
    else policies.delete(name);
  }
  const issues = validatePolicies([...policies].map(([name, cedar]) => ({ name, cedar })));
  if (issues.length === 0) return;
  throw new InvalidConfiguration(
    issues.map(({ policy, line, column, message }) => ({
      ...{ kind: 'Policy', name: policy, path: 'spec.cedar' },
      reason: `line ${line}, column ${column}: ${message}`,
    })),
  );
}
