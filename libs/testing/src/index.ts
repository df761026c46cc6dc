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
export type { Enough } from './raw-socket.js';
export { RawSocket } from './raw-socket.js';
export type { Direction, FaultProxyTarget } from './fault-proxy.js';
export { FaultProxy } from './fault-proxy.js';
export type { Canary, Leak } from './canary.js';
export { CanaryScanner, makeCanary } from './canary.js';
export { NodeProcess } from './node-process.js';
export type { ApiAnswer } from './control-plane-api.js';
export { ControlPlaneApi, eventually } from './control-plane-api.js';
export type { Installation, InstallationOptions } from './installation.js';
export { startInstallation } from './installation.js';
export type { RedisServer } from './redis-server.js';
export { startRedis } from './redis-server.js';
export type { SshServer } from './ssh-server.js';
export { makeSshKey, publicKeyOf, startSshServer } from './ssh-server.js';
export type { Finished, OpenSshPeer, SshRun } from './openssh.js';
export { finished, OpenSsh } from './openssh.js';
export { evasions } from './shell-evasions.js';
export { programEvasions } from './program-evasions.js';
