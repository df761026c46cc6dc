import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import type { CreatedKey, Key, ListQuery, NewKey } from '@sallyport/api-contract';
import { listQuery, newKey } from '@sallyport/api-contract';
import { principalRef } from '@sallyport/domain';
import { Authorize } from '../../platform/auth/authorize.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { Caller } from '../../platform/auth/caller.js';
import type { Page } from '../../platform/http/pagination.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import { KeysService } from './keys.service.js';

/** Keys are part of their account: who may update it may make and delete them. */
@Controller('v1/service-accounts/:name/keys')
export class KeysController {
  constructor(private readonly keys: KeysService) {}

  @Get()
  @Authorize('read', 'service-accounts')
  list(@Param('name') name: string, @Query(new ZodPipe(listQuery)) query: ListQuery): Promise<Page<Key>> {
    return this.keys.list(name, query);
  }

  @Post()
  @Authorize('update', 'service-accounts')
  create(
    @Caller() caller: CallerIdentity,
    @Param('name') name: string,
    @Body(new ZodPipe(newKey)) request: NewKey,
  ): Promise<CreatedKey> {
    return this.keys.create(principalRef(caller.principal), name, request);
  }

  @Delete(':id')
  @HttpCode(204)
  @Authorize('update', 'service-accounts')
  async delete(@Caller() caller: CallerIdentity, @Param('name') name: string, @Param('id') id: string): Promise<void> {
    await this.keys.delete(principalRef(caller.principal), name, id);
  }
}
