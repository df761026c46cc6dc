import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import type { AccessRequest, AccessRequestQuery, ExtendBody, NewAccessRequest } from '@sallyport/api-contract';
import {
  accessRequestQuery,
  approveBody,
  denyBody,
  extendBody,
  newAccessRequest,
  withdrawBody,
} from '@sallyport/api-contract';
import type { Principal } from '@sallyport/domain';
import { z } from 'zod';
import { API_JUDGE, type ApiJudge } from '../../platform/auth/api-judge.js';
import { Authenticated } from '../../platform/auth/authorize.js';
import { Caller, type CallerIdentity } from '../../platform/auth/caller.js';
import type { Page } from '../../platform/http/pagination.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import { AccessDecisions } from './access-decisions.js';
import { AccessIntake } from './access-intake.js';
import { AccessQueries } from './access.queries.js';

const requestId = new ZodPipe(z.uuid());

/** Who may ask for what and who decides is in the roles: no right on the whole collection is needed, or enough. */
@Controller('v1/access-requests')
export class AccessRequestsController {
  constructor(
    private readonly intake: AccessIntake,
    private readonly decisions: AccessDecisions,
    private readonly queries: AccessQueries,
    @Inject(API_JUDGE) private readonly judge: ApiJudge,
  ) {}

  @Get()
  @Authenticated()
  list(
    @Query(new ZodPipe(accessRequestQuery)) query: AccessRequestQuery,
    @Caller() caller: CallerIdentity,
  ): Promise<Page<AccessRequest>> {
    return this.queries.list(query, this.#limitsOf(caller));
  }

  @Post()
  @Authenticated()
  async create(
    @Body(new ZodPipe(newAccessRequest)) body: NewAccessRequest,
    @Caller() caller: CallerIdentity,
  ): Promise<AccessRequest> {
    return this.queries.get(await this.intake.ask(caller, body));
  }

  @Get(':id')
  @Authenticated()
  get(@Param('id', requestId) id: string, @Caller() caller: CallerIdentity): Promise<AccessRequest> {
    return this.queries.get(id, this.#limitsOf(caller));
  }

  @Post(':id/approve')
  @HttpCode(200)
  @Authenticated()
  async approve(
    @Param('id', requestId) id: string,
    @Body(new ZodPipe(approveBody)) { comment }: z.infer<typeof approveBody>,
    @Caller() caller: CallerIdentity,
  ): Promise<AccessRequest> {
    await this.decisions.decide(id, caller, { verdict: 'approve', ...(comment !== undefined && { comment }) });
    return this.queries.get(id);
  }

  @Post(':id/deny')
  @HttpCode(200)
  @Authenticated()
  async deny(
    @Param('id', requestId) id: string,
    @Body(new ZodPipe(denyBody)) { comment }: z.infer<typeof denyBody>,
    @Caller() caller: CallerIdentity,
  ): Promise<AccessRequest> {
    await this.decisions.decide(id, caller, { verdict: 'deny', comment });
    return this.queries.get(id);
  }

  @Post(':id/withdraw')
  @HttpCode(200)
  @Authenticated()
  async withdraw(
    @Param('id', requestId) id: string,
    @Body(new ZodPipe(withdrawBody)) _: z.infer<typeof withdrawBody>,
    @Caller() caller: CallerIdentity,
  ): Promise<AccessRequest> {
    await this.decisions.withdraw(id, caller);
    return this.queries.get(id);
  }

  @Post(':id/extend')
  @Authenticated()
  async extend(
    @Param('id', requestId) id: string,
    @Body(new ZodPipe(extendBody)) body: ExtendBody,
    @Caller() caller: CallerIdentity,
  ): Promise<AccessRequest> {
    return this.queries.get(await this.intake.extend(id, caller, body));
  }

  /** Undefined for who may read them all. */
  #limitsOf(caller: CallerIdentity): Principal | undefined {
    return this.judge(caller, 'read', 'access-requests') ? undefined : caller.principal;
  }
}
