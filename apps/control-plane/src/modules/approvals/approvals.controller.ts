import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import type { Approval, ApprovalQuery, ApprovalSummary } from '@sallyport/api-contract';
import { approvalQuery, approveBody, denyBody } from '@sallyport/api-contract';
import { z } from 'zod';
import { Authorize } from '../../platform/auth/authorize.js';
import { Caller, type CallerIdentity } from '../../platform/auth/caller.js';
import type { Page } from '../../platform/http/pagination.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import { ApprovalDecisions } from './approval-decisions.js';
import { ApprovalsQueries } from './approvals.queries.js';

const approvalId = new ZodPipe(z.uuid());

@Controller('v1/approvals')
export class ApprovalsController {
  constructor(
    private readonly decisions: ApprovalDecisions,
    private readonly queries: ApprovalsQueries,
  ) {}

  @Get()
  @Authorize('read', 'approvals')
  list(@Query(new ZodPipe(approvalQuery)) query: ApprovalQuery): Promise<Page<ApprovalSummary>> {
    return this.queries.list(query);
  }

  @Get(':id')
  @Authorize('read', 'approvals')
  get(@Param('id', approvalId) id: string): Promise<Approval> {
    return this.queries.get(id);
  }

  /** Who may is in the approval's own terms. */
  @Post(':id/approve')
  @HttpCode(200)
  @Authorize('decide', 'approvals')
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
  @Authorize('decide', 'approvals')
  async deny(
    @Param('id', approvalId) id: string,
    @Body(new ZodPipe(denyBody)) body: z.infer<typeof denyBody>,
    @Caller() caller: CallerIdentity,
  ): Promise<Approval> {
    await this.decisions.decide(id, caller, { verdict: 'deny', comment: body.comment });
    return this.queries.get(id);
  }
}
