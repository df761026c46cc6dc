import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

export interface MetricSources {
  readonly sessions: () => number;
  readonly sockets: () => number;
  readonly refusedSockets: () => number;
  readonly exchanges: () => Readonly<Record<'permit' | 'hold' | 'deny', number>>;
  readonly approvalsPending: () => number;
  readonly spoolBytes: () => number;
  readonly spoolBacklog: () => number;
  readonly spoolCongested: () => boolean;
  readonly policyRevision: () => number | undefined;
  readonly policyAgeSeconds: () => number | undefined;
  readonly policyFailed: () => boolean;
  readonly connected: () => boolean;
}

/** Read when scraped: the hot path counts plain numbers and knows nothing of this. Default metrics hold the loop's lag. */
export function createMetrics(sources: MetricSources): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name: `sallyport_gateway_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge('sessions', 'Open sessions', sources.sessions);
  gauge('sockets', 'Client sockets, those not authenticated yet included', sources.sockets);
  gauge('approvals_pending', 'Exchanges that wait for approval', sources.approvalsPending);
  gauge('spool_bytes', 'Recording bytes on the local disk', sources.spoolBytes);
  gauge('spool_segments_waiting', 'Recording segments that are not acknowledged', sources.spoolBacklog);
  gauge('spool_congested', '1 while the spool admits no new session', () => Number(sources.spoolCongested()));
  gauge('policy_revision', 'Policy revision in force, 0 before the first', () => sources.policyRevision() ?? 0);
  gauge('policy_age_seconds', 'Since the policy in force was last confirmed; -1 before the first', () =>
    Math.max(-1, sources.policyAgeSeconds() ?? -1),
  );
  gauge('policy_failed', '1 while the newest revision could not be put in force', () => Number(sources.policyFailed()));
  gauge('control_plane_connected', '1 while connected to the control plane', () => Number(sources.connected()));
  counters(registry, sources);
  return registry;
}

function counters(registry: Registry, sources: MetricSources): void {
  new Counter({
    name: 'sallyport_gateway_refused_connections_total',
    help: 'Sockets turned away because there were too many',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(sources.refusedSockets());
    },
  });
  new Counter({
    name: 'sallyport_gateway_decisions_total',
    help: 'Recorded decisions by effect',
    labelNames: ['effect'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [effect, count] of Object.entries(sources.exchanges())) this.inc({ effect }, count);
    },
  });
}
