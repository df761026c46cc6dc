import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { ClassifiedField, ColumnRef, MaskMethod, Principal, Protocol, SessionInfo } from '@sallyport/domain';
import type { ApprovalPort, Capabilities, PolicyPort, RecorderPort } from './ports.js';

/** What clients connect to. Several protocols may share one. */
export const listenerNames = ['postgres', 'https', 'ssh'] as const;
export type ListenerName = (typeof listenerNames)[number];

/** What serves one listener. The gateway's main.ts lists the adapters; nothing else knows which there are. */
export interface ProtocolAdapter {
  readonly listener: ListenerName;
  readonly serves: readonly { readonly protocol: Protocol; readonly capabilities: Capabilities }[];
  /** Takes over an accepted socket. Must not throw, and must end the socket on any doubt. */
  accept(socket: Socket, host: GatewayHost): void;
}

export interface Authenticated {
  readonly principal: Principal;
  readonly credentialId: string;
}

/** A public key as SSH names it. */
export interface PublicKey {
  /** `ssh-ed25519`, `rsa-sha2-512`, … */
  readonly algorithm: string;
  /** RFC 4253 section 6.6. */
  readonly blob: Buffer;
  /** `SHA256:…` */
  readonly fingerprint: string;
}

/** A resource as this gateway knows it under the current policy revision. */
export interface ResourceBinding {
  readonly name: string;
  readonly protocol: Protocol;
  readonly upstream: UpstreamEndpoint;
  readonly credential: Readonly<Record<string, string>>;
  readonly classification: readonly ClassifiedColumn[];
  /** Classified parts of documents and texts. */
  readonly fields: readonly ClassifiedPart[];
  readonly http?: HttpSettings;
  readonly kubernetes?: KubernetesSettings;
  readonly ssh?: SshSettings;
  /** Changes whenever any of the above does. */
  readonly revision: string;
}
export interface ClassifiedColumn {
  readonly column: ColumnRef;
  readonly tags: readonly string[];
  readonly mask: MaskMethod;
}
/** What is meant is said by its one name: a JSON path, a field of a schema, or a detector. */
export interface ClassifiedPart extends ClassifiedField {
  readonly by: { readonly path: string } | { readonly schemaField: string } | { readonly detector: string };
  readonly in: 'response' | 'request' | 'both';
}
export interface HttpSettings {
  /** `GET /orders/{id}`, or without a method. */
  readonly routes: readonly string[];
  /** An OpenAPI 3 document, JSON or YAML. */
  readonly openapi?: string;
  readonly graphql?: {
    readonly path: string;
    readonly schema?: string;
    /** Operations by the hash that names them. */
    readonly persisted: Readonly<Record<string, string>>;
  };
  readonly allowHeaders: readonly string[];
  readonly maxBodyBytes: number;
  readonly maxResponseBytes?: number;
  readonly requestsPerMinute?: number;
}
export interface KubernetesSettings {
  /** Tells the cluster who asks, by impersonation under this prefix. */
  readonly impersonate: boolean;
  readonly prefix: string;
}
export interface SshSettings {
  /** `ssh-ed25519 AAAA…` */
  readonly hostKeys: readonly string[];
  readonly logins: readonly string[];
}
export interface UpstreamEndpoint {
  readonly host: string;
  readonly port: number;
  readonly database?: string;
  readonly tls: 'disable' | 'verify-full';
  /** PEM of the authority to trust instead of the system's. */
  readonly ca?: string;
  readonly serverName?: string;
  /** In front of every path asked for there; without a slash at its end. */
  readonly path?: string;
  readonly http2?: boolean;
}

export interface LiveSession {
  readonly info: SessionInfo;
  readonly policy: PolicyPort;
  readonly recorder: RecorderPort;
  readonly approvals: ApprovalPort;
  /** Ends the recording and the registration. Idempotent. */
  close(reason: string): void;
}

export interface OpenSession {
  readonly authenticated: Authenticated;
  readonly resource: ResourceBinding;
  readonly clientAddress: string;
  /** Called by the gateway when the session must end now (revoked, terminated, policy too old, shutdown). */
  readonly terminate: (reason: string) => void;
}

/** What a gateway offers its adapters. */
export interface GatewayHost {
  readonly limits: GatewayLimits;
  /** Undefined only where the listener was configured without TLS (loopback benches). */
  tls(): SecureContext | undefined;
  /** Undefined: the credential proves nobody. Rejections and undefined both refuse, with the same words to the client. */
  authenticate(credential: string): Promise<Authenticated | undefined>;
  /** The same for a public key whose holder proved to have it. Absent: keys prove nobody here. */
  authenticateKey?(key: PublicKey): Promise<Authenticated | undefined>;
  resource(name: string, protocol: Protocol): ResourceBinding | undefined;
  /** Registers and starts recording. Throws SallyportError when a session may not start (stale policy, spool full). */
  open(request: OpenSession): LiveSession;
  /** Key for stable pseudonyms, 32 bytes, the same on every gateway of an installation. */
  readonly pseudonymKey: Uint8Array;
  /** Where people decide on an approval. */
  approvalUrl(id: string): string;
  /** Addresses that no target may have: the control plane's own. */
  forbidden(address: string, port: number): boolean;
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export interface GatewayLimits {
  /** Absolute, from accept to a ready session. Milliseconds. */
  readonly authTimeoutMs: number;
  /** Largest inspected message. Bytes. */
  readonly maxMessageBytes: number;
  /** Longest wait for an approval inside a transaction. Seconds. */
  readonly maxHoldInTransactionSeconds: number;
  /** Sockets that have not authenticated yet, at once. */
  readonly maxUnauthenticated: number;
}
