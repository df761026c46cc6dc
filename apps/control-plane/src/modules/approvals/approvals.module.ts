import { Module } from '@nestjs/common';
import { ApprovalDecisions } from './approval-decisions.js';
import { ApprovalIntake } from './approval-intake.js';
import { ApprovalRelease } from './approval-release.js';
import { ApprovalsController } from './approvals.controller.js';
import { ApprovalsMetrics } from './approvals.metrics.js';
import { ApprovalsQueries } from './approvals.queries.js';
import { ApprovalsQueue } from './approvals.queue.js';

@Module({
  controllers: [ApprovalsController],
  providers: [ApprovalIntake, ApprovalDecisions, ApprovalRelease, ApprovalsQueries, ApprovalsQueue, ApprovalsMetrics],
  exports: [ApprovalIntake, ApprovalRelease, ApprovalsQueries],
})
export class ApprovalsModule {}
