import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import type { IdentityProviderSpec, ListQuery } from '@sallyport/api-contract';
import { identityProviderSpec, listQuery, newIdentityProvider } from '@sallyport/api-contract';
import { Authorize, AuthorizeChange } from '../../platform/auth/authorize.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { Caller } from '../../platform/auth/caller.js';
import { tagged } from '../../platform/http/etag.js';
import type { HttpResponse } from '../../platform/http/http-types.js';
import type { Page } from '../../platform/http/pagination.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import type { ObjectView } from '../configuration/objects.service.js';
import { ObjectsService } from '../configuration/objects.service.js';

type View = ObjectView<'IdentityProvider'>;

@Controller('v1/identity-providers')
export class IdentityProvidersController {
  constructor(private readonly objects: ObjectsService) {}

  @Get()
  @Authorize('read', 'identity-providers')
  list(@Query(new ZodPipe(listQuery)) query: ListQuery): Promise<Page<View>> {
    return this.objects.list('IdentityProvider', query);
  }

  @Post()
  @AuthorizeChange('create', 'identity-providers')
  async create(
    @Caller() caller: CallerIdentity,
    @Body(new ZodPipe(newIdentityProvider)) { name, ...spec }: IdentityProviderSpec & { name: string },
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<View> {
    return tagged(response, await this.objects.create(caller, { kind: 'IdentityProvider', name, spec }));
  }

  @Get(':name')
  @Authorize('read', 'identity-providers')
  async get(@Param('name') name: string, @Res({ passthrough: true }) response: HttpResponse): Promise<View> {
    return tagged(response, await this.objects.get('IdentityProvider', name));
  }

  @Put(':name')
  @AuthorizeChange('update', 'identity-providers')
  async replace(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Body(new ZodPipe(identityProviderSpec)) spec: IdentityProviderSpec,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<View> {
    const next = () => ({ kind: 'IdentityProvider', name, spec }) as const;
    return tagged(response, await this.objects.replace(caller, next, ifMatch));
  }

  @Delete(':name')
  @HttpCode(204)
  @AuthorizeChange('delete', 'identity-providers')
  async delete(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.objects.delete(caller, { kind: 'IdentityProvider', name }, ifMatch);
  }
}
