import type { ApiRoute } from '../route.js';

export const operationsRoutes: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/healthz',
    id: 'healthz',
    summary: 'The process lives.',
    tag: 'operations',
    public: true,
    success: { status: 200, description: '`ok`', type: 'text/plain' },
  },
  {
    method: 'get',
    path: '/readyz',
    id: 'readyz',
    summary: 'It can serve: the database answers.',
    public: true,
    tag: 'operations',
    success: { status: 200, description: '`ready`', type: 'text/plain' },
  },
  {
    method: 'get',
    path: '/metrics',
    id: 'metrics',
    summary: 'Prometheus metrics.',
    tag: 'operations',
    public: true,
    success: { status: 200, description: 'Text exposition.', type: 'text/plain' },
  },
  {
    method: 'get',
    path: '/openapi.json',
    id: 'openapi',
    summary: 'This document.',
    tag: 'operations',
    public: true,
    success: { status: 200, description: 'OpenAPI 3.1.', type: 'application/json' },
  },
];
