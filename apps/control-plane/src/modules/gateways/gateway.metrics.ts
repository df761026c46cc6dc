import { Gauge, register } from 'prom-client';

export const connectedGateways = new Gauge({
  name: 'sallyport_connected_gateways',
  help: 'Gateways connected to this replica.',
  registers: [register],
});
