import { Global, Module } from '@nestjs/common';
import { SNAPSHOT_SOURCE } from '../gateways/snapshot-source.js';
import { SnapshotService } from './snapshot.service.js';

/** Global: what gateways are fed with. */
@Global()
@Module({
  providers: [SnapshotService, { provide: SNAPSHOT_SOURCE, useExisting: SnapshotService }],
  exports: [SNAPSHOT_SOURCE],
})
export class SnapshotsModule {}
