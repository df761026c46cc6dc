import { Inject, Injectable } from '@nestjs/common';
import type { ScimPatch, ScimQuery, ScimUserInput } from '@sallyport/api-contract';
import { objectName } from '@sallyport/api-contract';
import type { DataSource } from 'typeorm';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { AuditService } from '../audit/audit.service.js';
import { findObject } from '../configuration/configuration-store.js';
import { ConfigurationService } from '../configuration/configuration.service.js';
import type { Configuration, StoredObject } from '../configuration/configuration.js';
import type { Edit } from '../configuration/edit.js';
import { newUserName } from '../logins/new-user.js';
import { noSuch, ScimError } from './scim-error.js';
import { parseFilter } from './scim-filter.js';
import { pageOf } from './scim-page.js';
import { patchPerson } from './scim-patch.js';
import type { ScimPerson } from './scim-person.js';
import { personOf, scimVersion, storedPerson } from './scim-person.js';
import type { ScimUserRow } from './scim-user.store.js';
import * as store from './scim-user.store.js';

/** Which person, and under which condition. */
export interface ScimTarget {
  readonly provider: string;
  readonly id: string;
  readonly ifMatch: string | undefined;
}

/** A directory's people: User objects with an identity at one provider, whose subject is SCIM's externalId. */
@Injectable()
export class ScimUsersService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly configuration: ConfigurationService,
    private readonly audit: AuditService,
  ) {}

  async list(provider: string, query: ScimQuery) {
    await this.requireProvider(provider);
    const filter = parseFilter(query.filter, ['userName', 'externalId']);
    const page = pageOf(query);
    const { total, users } = await store.listScimUsers(this.dataSource, provider, { filter, ...page });
    return { total, users, startIndex: page.offset + 1 };
  }

  async get(provider: string, id: string): Promise<ScimUserRow> {
    await this.requireProvider(provider);
    const found = objectName.safeParse(id).success && (await store.findScimUser(this.dataSource, provider, id));
    if (!found) throw noSuch('user', id);
    return found;
  }

  /** Somebody who has signed in before the directory told of them is taken over: the identity says that it is they. */
  async create(caller: CallerIdentity, provider: string, input: ScimUserInput): Promise<ScimUserRow> {
    await this.requireProvider(provider);
    const naming = { provider, subject: input.externalId, userName: input.userName };
    await store.requireFreeUserName(this.dataSource, naming);
    const managed = await store.managedAs(this.dataSource, provider, naming.subject);
    const edit = (current: Configuration): Edit => {
      const user = holderOf(current, naming);
      if (user && managed === 'present')
        throw new ScimError(409, 'There is a user with this externalId already.', 'uniqueness');
      const person = personOf(input);
      if (!user) return create(current, naming, person);
      // Who was disabled here, and not by the directory, does not come back because a field was left out.
      const active = input.active ?? (managed === 'deleted' || !user.spec.disabled);
      return put(user, { ...person, active });
    };
    const { changes } = await this.configuration.change({ actor: caller, edits: (current) => [edit(current)] });
    const { name } = changes[0]!;
    await this.saveName(caller, { ...naming, name });
    return this.get(provider, name);
  }

  replace(caller: CallerIdentity, target: ScimTarget, input: ScimUserInput): Promise<ScimUserRow> {
    return this.change(caller, target, (before) => {
      if (input.externalId !== before.externalId) {
        throw new ScimError(400, 'externalId is who the person is; it does not change.', 'mutability');
      }
      // A PUT that says nothing of active leaves it: nobody comes back because a field was left out.
      return { ...personOf(input), active: input.active ?? before.active };
    });
  }

  patch(caller: CallerIdentity, target: ScimTarget, patch: ScimPatch): Promise<ScimUserRow> {
    return this.change(caller, target, (before) => patchPerson(before, patch));
  }

  /** Disabled rather than deleted: a sign-in that is under way at the provider would make them anew. */
  async delete(caller: CallerIdentity, target: ScimTarget): Promise<void> {
    const { provider, id } = target;
    const row = await this.get(provider, id);
    requireVersion(target.ifMatch, row);
    await this.configuration.change({
      actor: caller,
      edits: (current) => [put(stillThere(current, row, provider), { ...storedPerson(row), active: false })],
    });
    const naming = { provider, subject: row.subject, userName: row.userName };
    await this.dataSource.transaction(async (manager) => {
      await store.markDeleted(manager, naming);
      const detail = { before: { provider, userName: row.userName }, after: null };
      await this.audit.record({ actor: caller, action: 'scim-user.deleted', target: `User::${id}`, detail }, manager);
    });
  }

  private async change(
    caller: CallerIdentity,
    target: ScimTarget,
    next: (before: ScimPerson & { readonly externalId: string }) => ScimPerson,
  ): Promise<ScimUserRow> {
    const { provider, id } = target;
    const row = await this.get(provider, id);
    requireVersion(target.ifMatch, row);
    const before = { ...storedPerson(row), externalId: row.subject };
    const naming = { provider, subject: row.subject, userName: next(before).userName };
    await store.requireFreeUserName(this.dataSource, naming);
    const edit = (current: Configuration): Edit => {
      const user = stillThere(current, row, provider);
      // Worked out anew on what is stored now, under the lock: two requests at once both count.
      requireVersion(target.ifMatch, { version: user.version, revision: row.revision });
      return put(user, next({ ...before, ...storedPerson({ ...row, spec: user.spec }) }));
    };
    await this.configuration.change({ actor: caller, edits: (current) => [edit(current)] });
    await this.saveName(caller, { ...naming, name: id });
    return this.get(provider, id);
  }

  private async saveName(
    caller: CallerIdentity,
    { name, ...naming }: Parameters<typeof store.saveUserName>[1] & { readonly name: string },
  ): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const before = await store.saveUserName(manager, naming);
      if (before === naming.userName) return;
      const { provider, userName } = naming;
      const detail = {
        before: before === undefined ? null : { provider, userName: before },
        after: { provider, userName },
      };
      await this.audit.record({ actor: caller, action: 'scim-user.named', target: `User::${name}`, detail }, manager);
    });
  }

  private async requireProvider(provider: string): Promise<void> {
    // It comes from the address, where anything may stand.
    if (!objectName.safeParse(provider).success) throw new ScimError(404, 'There is no such provider.');
    const found =
      (await findObject(this.dataSource, 'IdentityProvider', provider)) ??
      (await findObject(this.dataSource, 'TrustedIssuer', provider));
    if (!found) throw new ScimError(404, 'There is no such provider.');
  }
}

interface Identity {
  readonly provider: string;
  readonly subject: string;
}

function holderOf(current: Configuration, { provider, subject }: Identity): StoredObject<'User'> | undefined {
  return current
    .list('User')
    .find(({ spec }) => spec.identities.some((one) => one.issuer === provider && one.subject === subject));
}

function stillThere(current: Configuration, row: ScimUserRow, provider: string): StoredObject<'User'> {
  const user = current.get('User', row.name);
  if (!user || holderOf(current, { provider, subject: row.subject }) !== user) throw noSuch('user', row.name);
  return user;
}

function create(current: Configuration, identity: Identity, person: ScimPerson): Edit {
  const identities = [{ issuer: identity.provider, subject: identity.subject }];
  return {
    ...{ op: 'put', mode: 'create', origin: 'api' },
    manifest: { kind: 'User', name: newUserName(identity, current), spec: { identities, ...facts(person) } },
  };
}

/** The identities and SSH keys stay those that are stored: no directory says who else somebody is. */
function put({ name, spec }: StoredObject<'User'>, person: ScimPerson): Edit {
  const identities = [...spec.identities];
  const keys = spec.sshKeys && { sshKeys: [...spec.sshKeys] };
  return {
    ...{ op: 'put', mode: 'replace', origin: 'api' },
    manifest: { kind: 'User', name, spec: { identities, ...keys, ...facts(person) } },
  };
}

function facts({ email, displayName, active }: ScimPerson) {
  return { ...(email !== null && { email }), ...(displayName !== null && { displayName }), disabled: !active };
}

function requireVersion(ifMatch: string | undefined, row: Pick<ScimUserRow, 'version' | 'revision'>): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  if (!tags.includes(scimVersion(row))) throw new ScimError(412, 'It has changed since that version; read it again.');
}
