import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import type { Approval, ApprovalQuery, ApprovalSummary } from '@sallyport/api-contract';
import { approvalQuery, approveBody, denyBody } from '@sallyport/api-contract';
import type { Principal } from '@sallyport/domain';
import { z } from 'zod';
import { API_JUDGE, type ApiJudge } from '../../platform/auth/api-judge.js';
import { Authenticated } from '../../platform/auth/authorize.js';
import { Caller, type CallerIdentity } from '../../platform/auth/caller.js';
import type { Page } from '../../platform/http/pagination.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import { ApprovalDecisions } from './approval-decisions.js';
import { ApprovalsQueries } from './approvals.queries.js';

const approvalId = new ZodPipe(z.uuid());

/** Who may see or decide an approval is in its own terms: no right on the whole collection is needed for either. */
@Controller('v1/approvals')
export class ApprovalsController {
  constructor(
    private readonly decisions: ApprovalDecisions,
    private readonly queries: ApprovalsQueries,
    @Inject(API_JUDGE) private readonly judge: ApiJudge,
  ) {}

  @Get()
  @Authenticated()
  list(
    @Query(new ZodPipe(approvalQuery)) query: ApprovalQuery,
    @Caller() caller: CallerIdentity,
  ): Promise<Page<ApprovalSummary>> {
    return this.queries.list(query, this.#limitsOf(caller));
  }

  @Get(':id')
  @Authenticated()
  get(@Param('id', approvalId) id: string, @Caller() caller: CallerIdentity): Promise<Approval> {
    return this.queries.get(id, this.#limitsOf(caller));
  }

  @Post(':id/approve')
  @HttpCode(200)
  @Authenticated()
  async approve(
    @Param('id', approvalId) id: string,
    @Body(new ZodPipe(approveBody)) body: z.infer<typeof approveBody>,
    @Caller() caller: CallerIdentity,
  ): Promise<Approval> {
    await this.decisions.decide(id, caller, { verdict: 'approve', comment: body.comment });
    return this.queries.get(id);
  }

  @Post(':id/deny')
  @HttpCode(200)
  @Authenticated()
  async deny(
    @Param('id', approvalId) id: string,
    @Body(new ZodPipe(denyBody)) body: z.infer<typeof denyBody>,
    @Caller() caller: CallerIdentity,
  ): Promise<Approval> {
    await this.decisions.decide(id, caller, { verdict: 'deny', comment: body.comment });
    return this.queries.get(id);
  }

  /** Undefined for who may read them all; the rest see what they asked for and what they may decide. */
  #limitsOf(caller: CallerIdentity): Principal | undefined {
    return this.judge(caller, 'read', 'approvals') ? undefined : caller.principal;
  }
}
