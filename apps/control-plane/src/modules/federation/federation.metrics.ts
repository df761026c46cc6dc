import { Counter, register } from 'prom-client';

export const issuerFetches = new Counter({
  name: 'sallyport_issuer_key_fetches_total',
  help: 'Fetches of the keys of trusted issuers.',
  labelNames: ['result'],
  registers: [register],
});

export const tokenRefusals = new Counter({
  name: 'sallyport_token_refusals_total',
  help: 'Tokens that the control plane refused, by where they were shown and why.',
  labelNames: ['where', 'reason'],
  registers: [register],
});
