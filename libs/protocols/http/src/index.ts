export { createHttpProtocol } from './http-protocol.js';
