import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import type { ListQuery, ResourceSpec } from '@sallyport/api-contract';
import { listQuery, newResource, resourceSpec } from '@sallyport/api-contract';
import { Authorize, AuthorizeChange } from '../../platform/auth/authorize.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { Caller } from '../../platform/auth/caller.js';
import { tagged } from '../../platform/http/etag.js';
import type { HttpResponse } from '../../platform/http/http-types.js';
import type { Page } from '../../platform/http/pagination.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import type { ObjectView } from '../configuration/objects.service.js';
import { ObjectsService } from '../configuration/objects.service.js';

@Controller('v1/resources')
export class ResourcesController {
  constructor(private readonly objects: ObjectsService) {}

  @Get()
  @Authorize('read', 'resources')
  list(@Query(new ZodPipe(listQuery)) query: ListQuery): Promise<Page<ObjectView<'Resource'>>> {
    return this.objects.list('Resource', query);
  }

  @Post()
  @AuthorizeChange('create', 'resources')
  async create(
    @Caller() caller: CallerIdentity,
    @Body(new ZodPipe(newResource)) { name, ...spec }: ResourceSpec & { name: string },
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<ObjectView<'Resource'>> {
    return tagged(response, await this.objects.create(caller, { kind: 'Resource', name, spec }));
  }

  @Get(':name')
  @Authorize('read', 'resources')
  async get(
    @Param('name') name: string,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<ObjectView<'Resource'>> {
    return tagged(response, await this.objects.get('Resource', name));
  }

  @Put(':name')
  @AuthorizeChange('update', 'resources')
  async replace(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Body(new ZodPipe(resourceSpec)) spec: ResourceSpec,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<ObjectView<'Resource'>> {
    const next = () => ({ kind: 'Resource', name, spec }) as const;
    return tagged(response, await this.objects.replace(caller, next, ifMatch));
  }

  @Delete(':name')
  @HttpCode(204)
  @AuthorizeChange('delete', 'resources')
  async delete(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.objects.delete(caller, { kind: 'Resource', name }, ifMatch);
  }
}
