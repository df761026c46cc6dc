import { Module } from '@nestjs/common';
import { DecisionsModule } from '../decisions/decisions.module.js';
import { AccessDecisions } from './access-decisions.js';
import { AccessIntake } from './access-intake.js';
import { AccessRequestsController } from './access-requests.controller.js';
import { AccessQueries } from './access.queries.js';
import { GrantNews } from './grant-news.js';
import { GrantRevocation } from './grant-revocation.js';
import { GrantsController } from './grants.controller.js';
import { GrantsQueries } from './grants.queries.js';
import { GrantsQueue } from './grants.queue.js';
import { RolesController } from './roles.controller.js';
import { WhoamiController } from './whoami.controller.js';
import { WhoamiService } from './whoami.service.js';

/** Roles, access requests, grants, and what they make of somebody. */
@Module({
  imports: [DecisionsModule],
  controllers: [RolesController, AccessRequestsController, GrantsController, WhoamiController],
  providers: [
    AccessIntake,
    AccessDecisions,
    AccessQueries,
    GrantNews,
    GrantRevocation,
    GrantsQueries,
    GrantsQueue,
    WhoamiService,
  ],
})
export class GrantsModule {}
