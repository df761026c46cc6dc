import { Counter, register } from 'prom-client';

const stored = new Counter({
  name: 'sallyport_recording_segments_stored_total',
  help: 'Segments stored.',
  registers: [register],
});
const bytesStored = new Counter({
  name: 'sallyport_recording_bytes_stored_total',
  help: 'Bytes of recordings stored.',
  registers: [register],
});

export function countSegment(bytes: number): void {
  stored.inc();
  bytesStored.inc(bytes);
}
