export type { PostgresOptions, PostgresServer } from './postgres-server.js';
export { startPostgres } from './postgres-server.js';
export type { PostgresBinaries, PostgresVersion } from './postgres-binaries.js';
export { postgresBinaries } from './postgres-binaries.js';
export type {
  CertificateAuthority,
  IssuedCertificate,
  KeyAlgorithm,
  ServerCertificateOptions,
} from './certificates.js';
export { issueServerCertificate, makeAuthority } from './certificates.js';
export { freePort } from './free-port.js';
