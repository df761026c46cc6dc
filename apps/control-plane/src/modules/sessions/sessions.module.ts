import { Module } from '@nestjs/common';
import { ApprovalsModule } from '../approvals/approvals.module.js';
import { RecordingsModule } from '../recordings/recordings.module.js';
import { SessionAccess } from './session-access.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsQueries } from './sessions.queries.js';
import { SessionsService } from './sessions.service.js';

@Module({
  imports: [ApprovalsModule, RecordingsModule],
  controllers: [SessionsController],
  providers: [SessionAccess, SessionsService, SessionsQueries],
  exports: [SessionsService],
})
export class SessionsModule {}
