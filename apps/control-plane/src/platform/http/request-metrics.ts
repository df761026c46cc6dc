import { collectDefaultMetrics, Histogram, register } from 'prom-client';
import type { HttpRequest, HttpResponse } from './http-types.js';

collectDefaultMetrics({ register });

/** By route as declared, never by path: names stay out of labels, and their number stays bounded. */
const duration = new Histogram({
  name: 'sallyport_http_request_duration_seconds',
  help: 'Time from the request to the end of its answer.',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers: [register],
});

export function measureRequests(request: HttpRequest, response: HttpResponse, next: () => void): void {
  const stop = duration.startTimer();
  response.once('close', () => {
    stop({ method: request.method, route: request.route?.path ?? 'none', status: String(response.statusCode) });
  });
  next();
}
