import { Module } from '@nestjs/common';
import { ApprovalsModule } from '../approvals/approvals.module.js';
import { RecordingsModule } from '../recordings/recordings.module.js';
import { SessionAccess } from './session-access.js';
import { SessionWatchController } from './session-watch.controller.js';
import { SessionWatches } from './session-watches.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsQueries } from './sessions.queries.js';
import { SessionsService } from './sessions.service.js';
import { WatchStanding } from './watch-standing.js';
import { WatchStreams } from './watch-streams.js';

@Module({
  imports: [ApprovalsModule, RecordingsModule],
  controllers: [SessionsController, SessionWatchController],
  providers: [SessionAccess, SessionsService, SessionsQueries, SessionWatches, WatchStanding, WatchStreams],
  exports: [SessionsService],
})
export class SessionsModule {}
