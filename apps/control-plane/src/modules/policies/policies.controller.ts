import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import type { ListQuery, PolicySpec } from '@sallyport/api-contract';
import { listQuery, newPolicy, policySpec } from '@sallyport/api-contract';
import { Authorize, AuthorizeChange } from '../../platform/auth/authorize.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { Caller } from '../../platform/auth/caller.js';
import { tagged } from '../../platform/http/etag.js';
import type { HttpResponse } from '../../platform/http/http-types.js';
import type { Page } from '../../platform/http/pagination.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import type { ObjectView } from '../configuration/objects.service.js';
import { ObjectsService } from '../configuration/objects.service.js';

@Controller('v1/policies')
export class PoliciesController {
  constructor(private readonly objects: ObjectsService) {}

  @Get()
  @Authorize('read', 'policies')
  list(@Query(new ZodPipe(listQuery)) query: ListQuery): Promise<Page<ObjectView<'Policy'>>> {
    return this.objects.list('Policy', query);
  }

  @Post()
  @AuthorizeChange('create', 'policies')
  async create(
    @Caller() caller: CallerIdentity,
    @Body(new ZodPipe(newPolicy)) { name, ...spec }: PolicySpec & { name: string },
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<ObjectView<'Policy'>> {
    return tagged(response, await this.objects.create(caller, { kind: 'Policy', name, spec }));
  }

  @Get(':name')
  @Authorize('read', 'policies')
  async get(
    @Param('name') name: string,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<ObjectView<'Policy'>> {
    return tagged(response, await this.objects.get('Policy', name));
  }

  @Put(':name')
  @AuthorizeChange('update', 'policies')
  async replace(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Body(new ZodPipe(policySpec)) spec: PolicySpec,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<ObjectView<'Policy'>> {
    const next = () => ({ kind: 'Policy', name, spec }) as const;
    return tagged(response, await this.objects.replace(caller, next, ifMatch));
  }

  @Delete(':name')
  @HttpCode(204)
  @AuthorizeChange('delete', 'policies')
  async delete(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.objects.delete(caller, { kind: 'Policy', name }, ifMatch);
  }
}
