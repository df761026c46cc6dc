import { Module } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { RecordingsService } from './recordings.service.js';
import { openSegmentStorage, SEGMENT_STORAGE } from './segment-files.js';
import { WatchedSessions } from './watched-sessions.js';

@Module({
  providers: [
    RecordingsService,
    WatchedSessions,
    {
      provide: SEGMENT_STORAGE,
      inject: [CONFIG],
      useFactory: (config: Config) => openSegmentStorage(config.recordingsUrl),
    },
  ],
  exports: [RecordingsService],
})
export class RecordingsModule {}
