import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { ListQuery, UserPatch, UserSpec } from '@sallyport/api-contract';
import { listQuery, newUser, userPatch } from '@sallyport/api-contract';
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

type View = ObjectView<'User'>;

@Controller('v1/users')
export class UsersController {
  constructor(private readonly objects: ObjectsService) {}

  @Get()
  @Authorize('read', 'users')
  list(@Query(new ZodPipe(listQuery)) query: ListQuery): Promise<Page<View>> {
    return this.objects.list('User', query);
  }

  @Post()
  @AuthorizeChange('create', 'users')
  async create(
    @Caller() caller: CallerIdentity,
    @Body(new ZodPipe(newUser)) { name, ...spec }: UserSpec & { name: string },
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<View> {
    return tagged(response, await this.objects.create(caller, { kind: 'User', name, spec }));
  }

  @Get(':name')
  @Authorize('read', 'users')
  async get(@Param('name') name: string, @Res({ passthrough: true }) response: HttpResponse): Promise<View> {
    return tagged(response, await this.objects.get('User', name));
  }

  /** Disabling somebody ends their logins and sessions. */
  @Patch(':name')
  @AuthorizeChange('update', 'users')
  async update(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Body(new ZodPipe(userPatch)) patch: UserPatch,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<View> {
    const next = (current: Configuration) => ({ kind: 'User', name, spec: patched(current, name, patch) }) as const;
    return tagged(response, await this.objects.replace(caller, next, ifMatch));
  }

  @Delete(':name')
  @HttpCode(204)
  @AuthorizeChange('delete', 'users')
  async delete(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.objects.delete(caller, { kind: 'User', name }, ifMatch);
  }
}

function patched(current: Configuration, name: string, patch: UserPatch): UserSpec {
  const stored = current.get('User', name);
  if (!stored) throw notFound('User', name);
  const email = patch.email === undefined ? stored.spec.email : patch.email;
  const sshKeys = patch.sshKeys ?? stored.spec.sshKeys;
  const displayName = patch.displayName === undefined ? stored.spec.displayName : patch.displayName;
  return {
    identities: patch.identities ?? [...stored.spec.identities],
    disabled: patch.disabled ?? stored.spec.disabled,
    ...(email !== null && { email }),
    ...(displayName !== null && { displayName }),
    ...(sshKeys && { sshKeys: [...sshKeys] }),
  };
}
