export { capabilities, createKubernetesProtocol } from './protocol.js';
