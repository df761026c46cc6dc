import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as later } from 'node:timers/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Action, Decision, DecisionRecord } from '@sallyport/domain';
import type {
  ApprovalPort,
  ApprovalRequest,
  GatewayHost,
  KnownApproval,
  LiveSession,
  OpenSession,
  RecorderPort,
  ResourceBinding,
} from '@sallyport/enforcement';
import { createHttpsEntrance } from '@sallyport/http-core';
import { issueServerCertificate, makeAuthority } from '@sallyport/testing';
import { createKubernetesProtocol } from '../protocol.js';
import { dana } from './cluster-request.js';

/** Keeps everything that a recording would hold, as text. */
export class KeptRecording implements RecorderPort {
  readonly decisions: DecisionRecord[] = [];
  text = '';
  readonly congested = false;

  decision(record: DecisionRecord): void {
    this.decisions.push(record);
  }
  request(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString('latin1');
  }
  response(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString('latin1');
  }
  outcome(): void {}
  note(): void {}
  flush(): void {}
  readonly waitsForDisk = false;
  flushSoon(): void {}
  onDrain(): void {}
}

/** People who decide when a test says so. */
export class KeptApprovals implements ApprovalPort {
  readonly asked: (ApprovalRequest & { state: KnownApproval['state'] })[] = [];

  async find({ bindingHash }: { readonly bindingHash: string }): Promise<KnownApproval | undefined> {
    return this.asked.find((each) => each.bindingHash === bindingHash);
  }
  async open(request: ApprovalRequest): Promise<void> {
    this.asked.push({ ...request, state: 'pending' });
  }
  async resolution(id: string, signal: AbortSignal): Promise<{ readonly state: 'approved' }> {
    while (!this.asked.some((each) => each.id === id && each.state === 'approved'))
      await later(20, undefined, { signal });
    return { state: 'approved' };
  }
  async consume(id: string): Promise<boolean> {
    const approval = this.asked.find((each) => each.id === id && each.state === 'approved');
    if (approval) approval.state = 'consumed';
    return approval !== undefined;
  }
  abandon(): void {}
  report(): void {}
}

/** The HTTPS entrance with this protocol on loopback, for one cluster at `/k8s/prod`. Whoever shows `token` is dana. */
export class ClusterGateway {
  readonly recording = new KeptRecording();
  readonly approvals = new KeptApprovals();
  readonly ca: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #begun: ((reason: string) => void)[] = [];

  private constructor(
    private readonly binding: ResourceBinding,
    private readonly judge: (action: Action) => Decision,
    certificate: { readonly ca: string; readonly context: SecureContext },
  ) {
    this.ca = certificate.ca;
    const entrance = createHttpsEntrance([createKubernetesProtocol()]);
    const host = this.#host(certificate.context);
    this.#server = createServer((socket) => {
      this.#sockets.add(socket.once('close', () => this.#sockets.delete(socket)));
      entrance.accept(socket, host);
    });
  }

  static async start(binding: ResourceBinding, judge: (action: Action) => Decision): Promise<ClusterGateway> {
    const authority = await makeAuthority();
    const { certificate, privateKey } = await issueServerCertificate(authority, ['localhost', '127.0.0.1']);
    const context = createSecureContext({ cert: certificate, key: privateKey });
    const gateway = new ClusterGateway(binding, judge, { ca: authority.certificate, context });
    gateway.#server.listen(0, '127.0.0.1');
    await once(gateway.#server, 'listening');
    return gateway;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}/k8s/${this.binding.name}`;
  }

  /** Ends every session that was begun, as a revocation does. */
  terminate(reason: string): void {
    for (const terminate of this.#begun.splice(0)) terminate(reason);
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #host(context: SecureContext): GatewayHost {
    return {
      limits: {
        authTimeoutMs: 25_000,
        maxMessageBytes: 1_048_576,
        maxHoldInTransactionSeconds: 1,
        maxUnauthenticated: 99,
      },
      pseudonymKey: new Uint8Array(32),
      tls: () => context,
      authenticate: async (shown) => (shown === 'token' ? { principal: dana, credentialId: 'key-1' } : undefined),
      resource: (name) => (name === this.binding.name ? this.binding : undefined),
      open: (request) => this.#session(request),
      approvalUrl: (id) => `https://console.example/approvals/${id}`,
      forbidden: () => false,
      log: () => undefined,
    };
  }

  #session({ authenticated, resource, clientAddress, terminate }: OpenSession): LiveSession {
    this.#begun.push(terminate);
    return {
      info: {
        id: `session-${this.#begun.length}`,
        principal: authenticated.principal,
        credentialId: authenticated.credentialId,
        resource: resource.name,
        protocol: 'kubernetes',
        gateway: 'test',
        clientAddress,
        startedAt: '2026-01-01T00:00:00.000Z',
      },
      policy: { judge: this.judge },
      recorder: this.recording,
      approvals: this.approvals,
      close: () => undefined,
    };
  }
}
