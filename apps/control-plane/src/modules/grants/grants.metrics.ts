import { Counter, register } from 'prom-client';

export const brokenGlass = new Counter({
  name: 'sallyport_break_glass_grants_total',
  help: 'Roles taken in an emergency, without approval, through this replica.',
  labelNames: ['role'],
  registers: [register],
});

/** Many asked for and few decided is how approvers tire (AP-11). */
export const accessRequests = new Counter({
  name: 'sallyport_access_requests_total',
  help: 'What became of access requests through this replica: created, too-many, approve, deny, withdraw.',
  labelNames: ['event'],
  registers: [register],
});
