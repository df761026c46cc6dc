import { Controller, Delete, Get, Header, Inject, Param, Patch, Post, Put, Query, UseFilters } from '@nestjs/common';
import type { ScimGroup, ScimQuery } from '@sallyport/api-contract';
import { scimMediaType, scimQuery, scimSchemas } from '@sallyport/api-contract';
import type { DataSource } from 'typeorm';
import { Authorize } from '../../platform/auth/authorize.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { loadConfiguration } from '../configuration/configuration-store.js';
import type { Configuration, StoredObject } from '../configuration/configuration.js';
import { ScimBodyPipe } from './scim-body.pipe.js';
import { ScimErrorFilter } from './scim-error.filter.js';
import { noSuch, ScimError } from './scim-error.js';
import { parseFilter } from './scim-filter.js';
import { listResponse, pageOf } from './scim-page.js';

/**
 * Groups, to read. Membership that a directory decides comes with each sign-in as claims (Group.spec.claims), where it is as
 * fresh as the login; a second way in, by name and beside the declared members, would be one more to forget when somebody
 * leaves.
 */
@Controller('scim/v2/:provider/Groups')
@UseFilters(ScimErrorFilter)
export class ScimGroupsController {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
  ) {}

  @Get()
  @Header('Content-Type', scimMediaType)
  @Authorize('read', 'groups')
  async list(@Param('provider') provider: string, @Query(new ScimBodyPipe(scimQuery)) query: ScimQuery) {
    const current = await this.configuration(provider);
    const filter = parseFilter(query.filter, ['displayName']);
    const { offset, limit } = pageOf(query);
    const found = current.list('Group').filter(({ name }) => filter === undefined || filter.value === name);
    const page = found.slice(offset, offset + limit);
    return listResponse(
      { total: found.length, startIndex: offset + 1 },
      page.map((group) => this.view(provider, group, current)),
    );
  }

  @Get(':id')
  @Header('Content-Type', scimMediaType)
  @Authorize('read', 'groups')
  async get(@Param('provider') provider: string, @Param('id') id: string): Promise<ScimGroup> {
    const current = await this.configuration(provider);
    const group = current.get('Group', id);
    if (!group) throw noSuch('group', id);
    return this.view(provider, group, current);
  }

  @Post()
  @Authorize('create', 'groups')
  create(): never {
    throw declaredHere();
  }

  @Put(':id')
  @Authorize('update', 'groups')
  replace(): never {
    throw declaredHere();
  }

  @Patch(':id')
  @Authorize('update', 'groups')
  patch(): never {
    throw declaredHere();
  }

  @Delete(':id')
  @Authorize('delete', 'groups')
  delete(): never {
    throw declaredHere();
  }

  private async configuration(provider: string): Promise<Configuration> {
    const current = await loadConfiguration(this.dataSource);
    if (current.get('IdentityProvider', provider) ?? current.get('TrustedIssuer', provider)) return current;
    throw new ScimError(404, 'There is no such provider.');
  }

  private view(provider: string, group: StoredObject<'Group'>, current: Configuration): ScimGroup {
    const base = `${this.config.publicUrl}/scim/v2/${encodeURIComponent(provider)}`;
    const names = group.spec.members.map((member) => /^User::(.+)$/.exec(member)?.[1]);
    const known = names.filter(
      (name): name is string =>
        name !== undefined &&
        current.get('User', name)?.spec.identities.some(({ issuer }) => issuer === provider) === true,
    );
    return {
      schemas: [scimSchemas.group],
      id: group.name,
      displayName: group.name,
      members: known.map((value) => ({ value, type: 'User', $ref: `${base}/Users/${encodeURIComponent(value)}` })),
      meta: {
        resourceType: 'Group',
        created: group.createdAt.toISOString(),
        lastModified: group.updatedAt.toISOString(),
        location: `${base}/Groups/${encodeURIComponent(group.name)}`,
        version: `"${group.version}"`,
      },
    };
  }
}

function declaredHere(): ScimError {
  return new ScimError(501, 'Groups are declared in Sallyport; let a group follow the directory by its claims.');
}
