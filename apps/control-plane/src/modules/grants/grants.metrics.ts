import { Counter, register } from 'prom-client';

export const brokenGlass = new Counter({
  name: 'sallyport_break_glass_grants_total',
  help: 'Roles taken in an emergency, without approval, through this replica.',
  labelNames: ['role'],
  registers: [register],
});
