import { Module } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { RecordingsService } from './recordings.service.js';
import { openSegmentStorage, SEGMENT_STORAGE } from './segment-files.js';

@Module({
  providers: [
    RecordingsService,
    {
      provide: SEGMENT_STORAGE,
      inject: [CONFIG],
      useFactory: (config: Config) => openSegmentStorage(config.recordingsUrl),
    },
  ],
  exports: [RecordingsService],
})
export class RecordingsModule {}
