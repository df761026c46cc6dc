import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { RecordingIndex, Session, SessionDetail, SessionQuery } from '@sallyport/api-contract';
import { sessionQuery, terminateBody } from '@sallyport/api-contract';
import { principalRef } from '@sallyport/domain';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { AuthorizeChange } from '../../platform/auth/authorize.js';
import { Caller, type CallerIdentity } from '../../platform/auth/caller.js';
import type { Page } from '../../platform/http/pagination.js';
import type { HttpResponse } from '../../platform/http/http-types.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import { AuditService } from '../audit/audit.service.js';
import { RecordingsService } from '../recordings/recordings.service.js';
import type { SessionRight } from './session-access.js';
import { SessionAccess } from './session-access.js';
import { noSuchSession, SessionsQueries } from './sessions.queries.js';
import { SessionsService } from './sessions.service.js';

const sessionId = new ZodPipe(z.uuid());

@Controller('v1/sessions')
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly queries: SessionsQueries,
    private readonly recordings: RecordingsService,
    private readonly audit: AuditService,
    private readonly access: SessionAccess,
  ) {}

  @Get()
  @AuthorizeChange('read', 'sessions')
  list(
    @Query(new ZodPipe(sessionQuery)) query: SessionQuery,
    @Caller() caller: CallerIdentity,
  ): Promise<Page<Session>> {
    return this.queries.list(query, (session) => this.access.permits(caller, ['read', 'sessions'], session));
  }

  @Get(':id')
  @AuthorizeChange('read', 'sessions')
  async get(@Param('id', sessionId) id: string, @Caller() caller: CallerIdentity): Promise<SessionDetail> {
    const session = await this.permitted(id, caller, ['read', 'sessions']);
    return { ...session, recording: await this.recordings.state(id) };
  }

  @Post(':id/terminate')
  @HttpCode(202)
  @AuthorizeChange('update', 'sessions')
  async terminate(
    @Param('id', sessionId) id: string,
    @Body(new ZodPipe(terminateBody)) body: z.infer<typeof terminateBody>,
    @Caller() caller: CallerIdentity,
  ): Promise<void> {
    await this.permitted(id, caller, ['update', 'sessions']);
    await this.sessions.terminate(id, principalRef(caller.principal), body.reason ?? 'terminated by an administrator');
  }

  @Get(':id/recording/index')
  @AuthorizeChange('read', 'recordings')
  async recordingIndex(@Param('id', sessionId) id: string, @Caller() caller: CallerIdentity): Promise<RecordingIndex> {
    await this.permitted(id, caller, ['read', 'recordings']);
    return this.recordings.index(id);
  }

  /** The stored bytes. Who looked is on record before the first of them leaves. */
  @Get(':id/recording')
  @AuthorizeChange('read', 'recordings')
  async recording(
    @Param('id', sessionId) id: string,
    @Caller() caller: CallerIdentity,
    @Res() response: HttpResponse,
  ): Promise<void> {
    await this.permitted(id, caller, ['read', 'recordings']);
    const index = await this.recordings.index(id);
    await this.audit.record({
      actor: principalRef(caller.principal),
      action: 'recording.read',
      target: `Session::${id}`,
    });
    response.writeHead(200, {
      'Content-Type': 'application/vnd.sallyport.recording',
      'Content-Length': String(index.segments.reduce((sum, segment) => sum + segment.bytes, 0)),
      'Cache-Control': 'no-store',
      'Sallyport-Recording-Complete': String(index.complete),
      'Sallyport-Recording-Gaps': String(index.gaps.length),
    });
    // A failure half way ends the connection short of its length: the reader knows that it has not got all.
    await pipeline(Readable.from(this.recordings.read(index)), response).catch(() => response.destroy());
  }

  /** A session that the caller may not see is none. */
  private async permitted(id: string, caller: CallerIdentity, right: SessionRight): Promise<Session> {
    const session = await this.queries.get(id);
    if (!this.access.permits(caller, right, session)) throw noSuchSession();
    return session;
  }
}
