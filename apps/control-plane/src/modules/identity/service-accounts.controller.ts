import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { ListQuery, ServiceAccountPatch, ServiceAccountSpec } from '@sallyport/api-contract';
import { listQuery, newServiceAccount, serviceAccountPatch } from '@sallyport/api-contract';
import { Authorize, AuthorizeChange } from '../../platform/auth/authorize.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { Caller } from '../../platform/auth/caller.js';
import { tagged } from '../../platform/http/etag.js';
import type { HttpResponse } from '../../platform/http/http-types.js';
import type { Page } from '../../platform/http/pagination.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import type { Configuration } from '../configuration/configuration.js';
import type { ObjectView } from '../configuration/objects.service.js';
import { ObjectsService } from '../configuration/objects.service.js';
import { notFound } from '../configuration/plan.js';

type View = ObjectView<'ServiceAccount'>;

@Controller('v1/service-accounts')
export class ServiceAccountsController {
  constructor(private readonly objects: ObjectsService) {}

  @Get()
  @Authorize('read', 'service-accounts')
  list(@Query(new ZodPipe(listQuery)) query: ListQuery): Promise<Page<View>> {
    return this.objects.list('ServiceAccount', query);
  }

  @Post()
  @AuthorizeChange('create', 'service-accounts')
  async create(
    @Caller() caller: CallerIdentity,
    @Body(new ZodPipe(newServiceAccount)) { name, ...spec }: ServiceAccountSpec & { name: string },
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<View> {
    const manifest = { kind: 'ServiceAccount', name, spec } as const;
    return tagged(response, await this.objects.create(caller, manifest));
  }

  @Get(':name')
  @Authorize('read', 'service-accounts')
  async get(@Param('name') name: string, @Res({ passthrough: true }) response: HttpResponse): Promise<View> {
    return tagged(response, await this.objects.get('ServiceAccount', name));
  }

  @Patch(':name')
  @AuthorizeChange('update', 'service-accounts')
  async update(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Body(new ZodPipe(serviceAccountPatch)) patch: ServiceAccountPatch,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<View> {
    const next = (current: Configuration) =>
      ({ kind: 'ServiceAccount', name, spec: patched(current, name, patch) }) as const;
    return tagged(response, await this.objects.replace(caller, next, ifMatch));
  }

  @Delete(':name')
  @HttpCode(204)
  @AuthorizeChange('delete', 'service-accounts')
  async delete(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.objects.delete(caller, { kind: 'ServiceAccount', name }, ifMatch);
  }
}

function patched(current: Configuration, name: string, patch: ServiceAccountPatch): ServiceAccountSpec {
  const stored = current.get('ServiceAccount', name);
  if (!stored) throw notFound('ServiceAccount', name);
  const owner = patch.owner ?? stored.spec.owner;
  const sshKeys = patch.sshKeys ?? stored.spec.sshKeys;
  const expiresAt = patch.expiresAt === undefined ? stored.spec.expiresAt : patch.expiresAt;
  return {
    groups: patch.groups ?? [...stored.spec.groups],
    disabled: patch.disabled ?? stored.spec.disabled,
    ...(owner !== null && { owner }),
    ...(expiresAt !== null && { expiresAt }),
    ...(sshKeys && { sshKeys: [...sshKeys] }),
  };
}
