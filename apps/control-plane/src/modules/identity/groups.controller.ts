import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import type { ListQuery, GroupSpec } from '@sallyport/api-contract';
import { listQuery, newGroup, groupSpec } from '@sallyport/api-contract';
import { Authorize, AuthorizeChange } from '../../platform/auth/authorize.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { Caller } from '../../platform/auth/caller.js';
import { tagged } from '../../platform/http/etag.js';
import type { HttpResponse } from '../../platform/http/http-types.js';
import type { Page } from '../../platform/http/pagination.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import type { ObjectView } from '../configuration/objects.service.js';
import { ObjectsService } from '../configuration/objects.service.js';

@Controller('v1/groups')
export class GroupsController {
  constructor(private readonly objects: ObjectsService) {}

  @Get()
  @Authorize('read', 'groups')
  list(@Query(new ZodPipe(listQuery)) query: ListQuery): Promise<Page<ObjectView<'Group'>>> {
    return this.objects.list('Group', query);
  }

  @Post()
  @AuthorizeChange('create', 'groups')
  async create(
    @Caller() caller: CallerIdentity,
    @Body(new ZodPipe(newGroup)) { name, ...spec }: GroupSpec & { name: string },
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<ObjectView<'Group'>> {
    return tagged(response, await this.objects.create(caller, { kind: 'Group', name, spec }));
  }

  @Get(':name')
  @Authorize('read', 'groups')
  async get(
    @Param('name') name: string,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<ObjectView<'Group'>> {
    return tagged(response, await this.objects.get('Group', name));
  }

  @Put(':name')
  @AuthorizeChange('update', 'groups')
  async replace(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Body(new ZodPipe(groupSpec)) spec: GroupSpec,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<ObjectView<'Group'>> {
    const next = () => ({ kind: 'Group', name, spec }) as const;
    return tagged(response, await this.objects.replace(caller, next, ifMatch));
  }

  @Delete(':name')
  @HttpCode(204)
  @AuthorizeChange('delete', 'groups')
  async delete(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.objects.delete(caller, { kind: 'Group', name }, ifMatch);
  }
}
