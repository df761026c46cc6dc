import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import type { WatchQuery } from '@sallyport/api-contract';
import { watchQuery } from '@sallyport/api-contract';
import { principalRef } from '@sallyport/domain';
import { z } from 'zod';
import { AuthorizeChange } from '../../platform/auth/authorize.js';
import { Caller, type CallerIdentity } from '../../platform/auth/caller.js';
import type { HttpRequest, HttpResponse } from '../../platform/http/http-types.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import { AuditService } from '../audit/audit.service.js';
import { SessionWatches } from './session-watches.js';
import { watchMediaType } from './watch-answer.js';
import { WatchStanding } from './watch-standing.js';
import { WatchStreams } from './watch-streams.js';

@Controller('v1/sessions')
export class SessionWatchController {
  constructor(
    private readonly standing: WatchStanding,
    private readonly watches: SessionWatches,
    private readonly streams: WatchStreams,
    private readonly audit: AuditService,
  ) {}

  /** Who watches is on record before the first line leaves. */
  @Get(':id/watch')
  @AuthorizeChange('read', 'recordings')
  async watch(
    @Param('id', new ZodPipe(z.uuid())) id: string,
    @Query(new ZodPipe(watchQuery)) { after = -1 }: WatchQuery,
    @Caller() caller: CallerIdentity,
    @Req() request: HttpRequest,
    @Res() response: HttpResponse,
  ): Promise<void> {
    const session = await this.standing.permitted(id, caller);
    // HEAD comes here too, and has no body to watch.
    if (request.method === 'HEAD') return void response.writeHead(200, { 'Content-Type': watchMediaType }).end();
    const actor = principalRef(caller.principal);
    const watch = this.watches.join(session, actor);
    try {
      await this.audit.record({ actor, action: 'session.watch', target: `Session::${id}`, detail: { after } });
      await this.streams.send({ watch, after, request, response });
    } finally {
      this.watches.leave(watch);
    }
  }
}
