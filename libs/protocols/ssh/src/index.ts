export type { SshAdapter, SshAdapterOptions } from './adapter.js';
export { createSshAdapter } from './adapter.js';
export type { OfferedKey } from './login/public-key.js';
export type { KeyAuthentication } from './serve.js';
export { generateHostKey } from './host-key.js';
