export type { BrowserPage } from './dev-browser.js';
export { DevBrowser } from './dev-browser.js';
export type { DevIssuerOptions } from './dev-issuer.js';
export { DevIssuer, makeSigningKeys, startDevIssuer } from './dev-issuer.js';
export type { DevClient, DevUser } from './dev-user.js';
export type { DevAlgorithm, TokenOptions } from './signing-keys.js';
