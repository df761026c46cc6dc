import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import type { CreatedKey, Key, KeyRotation, ListQuery, NewKey, RotatedKey } from '@sallyport/api-contract';
import { keyRotation, listQuery, newKey } from '@sallyport/api-contract';
import { Authorize, AuthorizeChange } from '../../platform/auth/authorize.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { Caller } from '../../platform/auth/caller.js';
import type { Page } from '../../platform/http/pagination.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import { KeysService } from './keys.service.js';

@Controller('v1/service-accounts/:name/keys')
export class KeysController {
  constructor(private readonly keys: KeysService) {}

  @Get()
  @Authorize('read', 'service-account-keys')
  list(@Param('name') name: string, @Query(new ZodPipe(listQuery)) query: ListQuery): Promise<Page<Key>> {
    return this.keys.list(name, query);
  }

  @Post()
  @AuthorizeChange('create', 'service-account-keys')
  create(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Body(new ZodPipe(newKey)) request: NewKey,
  ): Promise<CreatedKey> {
    return this.keys.create(caller, name, request);
  }

  @Post(':id/rotate')
  @AuthorizeChange('update', 'service-account-keys')
  rotate(
    @Caller() caller: CallerIdentity,
    @Param() { name: account, id }: { name: string; id: string },
    @Body(new ZodPipe(keyRotation)) request: KeyRotation,
  ): Promise<RotatedKey> {
    return this.keys.rotate(caller, { account, id }, request);
  }

  @Delete(':id')
  @HttpCode(204)
  @AuthorizeChange('delete', 'service-account-keys')
  async delete(
    @Caller() caller: CallerIdentity,
    @Param('name') account: string,
    @Param('id') id: string,
  ): Promise<void> {
    await this.keys.delete(caller, { account, id });
  }
}
