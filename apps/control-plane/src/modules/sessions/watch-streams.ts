import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { HttpRequest, HttpResponse } from '../../platform/http/http-types.js';
import { LOGGER } from '../../platform/logging/logger.js';
import { RecordingsService } from '../recordings/recordings.service.js';
import { SessionsQueries } from './sessions.queries.js';
import { sendWatch } from './watch-answer.js';
import { WatchEvents } from './watch-events.js';
import { WatchStanding } from './watch-standing.js';
import type { Watch } from './watch.js';

export interface WatchStream {
  readonly watch: Watch;
  /** Shows what follows this segment; -1 for all. */
  readonly after: number;
  readonly request: HttpRequest;
  readonly response: HttpResponse;
}

/** What a watcher sees, from what is stored of the session. */
@Injectable()
export class WatchStreams {
  constructor(
    private readonly recordings: RecordingsService,
    private readonly queries: SessionsQueries,
    private readonly standing: WatchStanding,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Resolves when it is over. */
  async send({ watch, after, request, response }: WatchStream): Promise<void> {
    const { sessionId } = watch;
    const events = new WatchEvents({
      recordings: this.recordings,
      watch,
      isOpen: async () => (await this.queries.get(sessionId)).open,
      isPermitted: () => this.standing.holds(request, sessionId),
      after,
    });
    await sendWatch(response, { watch, events, log: this.log });
  }
}
