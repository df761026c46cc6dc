import { Controller, Delete, Get, HttpCode, Inject, Param, Query } from '@nestjs/common';
import type { Grant, GrantQuery } from '@sallyport/api-contract';
import { grantQuery } from '@sallyport/api-contract';
import type { Principal } from '@sallyport/domain';
import { z } from 'zod';
import { API_JUDGE, type ApiJudge } from '../../platform/auth/api-judge.js';
import { Authenticated } from '../../platform/auth/authorize.js';
import { Caller, type CallerIdentity } from '../../platform/auth/caller.js';
import type { Page } from '../../platform/http/pagination.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import { GrantRevocation } from './grant-revocation.js';
import { GrantsQueries } from './grants.queries.js';

const grantId = new ZodPipe(z.uuid());

/** Everybody sees and gives up their own; the API's policy says who sees or ends those of others. */
@Controller('v1/grants')
export class GrantsController {
  constructor(
    private readonly queries: GrantsQueries,
    private readonly revocation: GrantRevocation,
    @Inject(API_JUDGE) private readonly judge: ApiJudge,
  ) {}

  @Get()
  @Authenticated()
  list(@Query(new ZodPipe(grantQuery)) query: GrantQuery, @Caller() caller: CallerIdentity): Promise<Page<Grant>> {
    return this.queries.list(query, this.#limitsOf(caller));
  }

  @Get(':id')
  @Authenticated()
  get(@Param('id', grantId) id: string, @Caller() caller: CallerIdentity): Promise<Grant> {
    return this.queries.get(id, this.#limitsOf(caller));
  }

  @Delete(':id')
  @HttpCode(204)
  @Authenticated()
  async revoke(@Param('id', grantId) id: string, @Caller() caller: CallerIdentity): Promise<void> {
    const end = this.judge(caller, 'delete', 'grants', { name: id });
    await this.revocation.revoke(id, caller, { end, see: this.#limitsOf(caller) === undefined });
  }

  /** Undefined for who may read them all. */
  #limitsOf(caller: CallerIdentity): Principal | undefined {
    return this.judge(caller, 'read', 'grants') ? undefined : caller.principal;
  }
}
