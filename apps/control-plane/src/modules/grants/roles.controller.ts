import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import type { ListQuery, RoleSpec } from '@sallyport/api-contract';
import { listQuery, newRole, roleSpec } from '@sallyport/api-contract';
import { Authorize, AuthorizeChange } from '../../platform/auth/authorize.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { Caller } from '../../platform/auth/caller.js';
import { tagged } from '../../platform/http/etag.js';
import type { HttpResponse } from '../../platform/http/http-types.js';
import type { Page } from '../../platform/http/pagination.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import type { ObjectView } from '../configuration/objects.service.js';
import { ObjectsService } from '../configuration/objects.service.js';

@Controller('v1/roles')
export class RolesController {
  constructor(private readonly objects: ObjectsService) {}

  @Get()
  @Authorize('read', 'roles')
  list(@Query(new ZodPipe(listQuery)) query: ListQuery): Promise<Page<ObjectView<'Role'>>> {
    return this.objects.list('Role', query);
  }

  @Post()
  @AuthorizeChange('create', 'roles')
  async create(
    @Caller() caller: CallerIdentity,
    @Body(new ZodPipe(newRole)) { name, ...spec }: RoleSpec & { name: string },
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<ObjectView<'Role'>> {
    return tagged(response, await this.objects.create(caller, { kind: 'Role', name, spec }));
  }

  @Get(':name')
  @Authorize('read', 'roles')
  async get(
    @Param('name') name: string,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<ObjectView<'Role'>> {
    return tagged(response, await this.objects.get('Role', name));
  }

  @Put(':name')
  @AuthorizeChange('update', 'roles')
  async replace(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Body(new ZodPipe(roleSpec)) spec: RoleSpec,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<ObjectView<'Role'>> {
    const next = () => ({ kind: 'Role', name, spec }) as const;
    return tagged(response, await this.objects.replace(caller, next, ifMatch));
  }

  @Delete(':name')
  @HttpCode(204)
  @AuthorizeChange('delete', 'roles')
  async delete(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.objects.delete(caller, { kind: 'Role', name }, ifMatch);
  }
}
