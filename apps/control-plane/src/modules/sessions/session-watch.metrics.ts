import { Gauge, register } from 'prom-client';

export const sessionWatchers = new Gauge({
  name: 'sallyport_session_watchers',
  help: 'People who watch a session through this replica.',
  registers: [register],
});
