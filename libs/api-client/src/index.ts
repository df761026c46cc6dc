export type { Page, Schema } from './api-client.js';
export { ApiClient } from './api-client.js';
export { ApiError, UnreachableError } from './api-error.js';
export type { TransportOptions } from './transport.js';
