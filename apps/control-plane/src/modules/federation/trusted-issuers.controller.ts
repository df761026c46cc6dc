import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Put, Query, Res } from '@nestjs/common';
import type { IssuerKeyState, ListQuery, TrustedIssuerSpec } from '@sallyport/api-contract';
import { listQuery, newTrustedIssuer, trustedIssuerSpec } from '@sallyport/api-contract';
import type { DataSource } from 'typeorm';
import { Authorize, AuthorizeChange } from '../../platform/auth/authorize.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { Caller } from '../../platform/auth/caller.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { tagged } from '../../platform/http/etag.js';
import type { HttpResponse } from '../../platform/http/http-types.js';
import type { Page } from '../../platform/http/pagination.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import type { ObjectView } from '../configuration/objects.service.js';
import { ObjectsService } from '../configuration/objects.service.js';
import { keyStateOf } from './issuer-key-state.js';
import { findIssuerKeys } from './issuer-keys.store.js';

type View = ObjectView<'TrustedIssuer'>;

@Controller('v1/trusted-issuers')
export class TrustedIssuersController {
  constructor(
    private readonly objects: ObjectsService,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
  ) {}

  @Get()
  @Authorize('read', 'trusted-issuers')
  list(@Query(new ZodPipe(listQuery)) query: ListQuery): Promise<Page<View>> {
    return this.objects.list('TrustedIssuer', query);
  }

  @Post()
  @AuthorizeChange('create', 'trusted-issuers')
  async create(
    @Caller() caller: CallerIdentity,
    @Body(new ZodPipe(newTrustedIssuer)) { name, ...spec }: TrustedIssuerSpec & { name: string },
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<View> {
    const manifest = { kind: 'TrustedIssuer', name, spec } as const;
    return tagged(response, await this.objects.create(caller, manifest));
  }

  @Get(':name')
  @Authorize('read', 'trusted-issuers')
  async get(@Param('name') name: string, @Res({ passthrough: true }) response: HttpResponse): Promise<View> {
    return tagged(response, await this.objects.get('TrustedIssuer', name));
  }

  @Put(':name')
  @AuthorizeChange('update', 'trusted-issuers')
  async replace(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Body(new ZodPipe(trustedIssuerSpec)) spec: TrustedIssuerSpec,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<View> {
    const next = () => ({ kind: 'TrustedIssuer', name, spec }) as const;
    return tagged(response, await this.objects.replace(caller, next, ifMatch));
  }

  @Delete(':name')
  @HttpCode(204)
  @AuthorizeChange('delete', 'trusted-issuers')
  async delete(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.objects.delete(caller, { kind: 'TrustedIssuer', name }, ifMatch);
  }

  @Get(':name/keys')
  @Authorize('read', 'trusted-issuers')
  async keys(@Param('name') name: string): Promise<IssuerKeyState> {
    const issuer = await this.objects.get('TrustedIssuer', name);
    return keyStateOf(issuer, await findIssuerKeys(this.dataSource, name));
  }
}
