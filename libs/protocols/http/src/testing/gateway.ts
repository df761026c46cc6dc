import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
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
import { createHttpProtocol } from '../http-protocol.js';

/** Keeps everything, in order. */
class KeptRecording implements RecorderPort {
  readonly decisions: DecisionRecord[] = [];
  readonly entries: string[] = [];
  readonly congested = false;

  decision(record: DecisionRecord): void {
    this.decisions.push(record);
  }
  request(bytes: Uint8Array): void {
    this.entries.push(`> ${Buffer.from(bytes).toString('latin1')}`);
  }
  response(bytes: Uint8Array): void {
    this.entries.push(`< ${Buffer.from(bytes).toString('latin1')}`);
  }
  outcome(_seq: number, completion: string): void {
    this.entries.push(`= ${completion}`);
  }
  note(name: string): void {
    this.entries.push(`# ${name}`);
  }
  /** Set: nothing can be kept any more. */
  full = false;
  flush(): void {
    if (this.full) throw new Error('the disk is full');
  }
  readonly waitsForDisk = false;
  flushSoon(): void {}
  onDrain(): void {}
}

/** Approvals by people who decide when a test says so. */
class KeptApprovals implements ApprovalPort {
  readonly known = new Map<string, ApprovalRequest & { state: KnownApproval['state'] }>();

  find({
    bindingHash,
    id,
  }: {
    readonly bindingHash: string;
    readonly id?: string;
  }): Promise<KnownApproval | undefined> {
    const all = [...this.known.values()];
    const found = id === undefined ? all.find((each) => each.bindingHash === bindingHash) : this.known.get(id);
    return Promise.resolve(found);
  }
  open(request: ApprovalRequest): Promise<void> {
    this.known.set(request.id, { ...request, state: 'pending' });
    return Promise.resolve();
  }
  resolution(_id: string, signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  }
  consume(id: string): Promise<boolean> {
    const approval = this.known.get(id);
    if (approval?.state !== 'approved') return Promise.resolve(false);
    approval.state = 'consumed';
    return Promise.resolve(true);
  }
  abandon(): void {}
  report(): void {}
}

/** The HTTPS entrance with this protocol, in the clear on loopback, for one resource `shop`. */
export class TestGateway {
  readonly recording = new KeptRecording();
  readonly approvals = new KeptApprovals();
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly begun: ((reason: string) => void)[] = [];
  private sessions = 0;

  private constructor(
    private readonly binding: ResourceBinding,
    private readonly judge: (action: Action) => Decision,
    private readonly tls: SecureContext | undefined,
  ) {
    const entrance = createHttpsEntrance([createHttpProtocol()]);
    const host = this.host();
    this.server = createServer((socket) => {
      this.sockets.add(socket.once('close', () => this.sockets.delete(socket)));
      entrance.accept(socket, host);
    });
  }

  /** @param tls instead of in the clear */
  static async start(
    binding: ResourceBinding,
    judge: (action: Action) => Decision,
    tls?: SecureContext,
  ): Promise<TestGateway> {
    const gateway = new TestGateway(binding, judge, tls);
    gateway.server.listen(0, '127.0.0.1');
    await once(gateway.server, 'listening');
    return gateway;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
  url(path: string, scheme = 'http'): string {
    return `${scheme}://127.0.0.1:${this.port}/http/shop${path}`;
  }
  stop(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private host(): GatewayHost {
    return {
      limits: {
        authTimeoutMs: 25_000,
        maxMessageBytes: 1_048_576,
        maxHoldInTransactionSeconds: 1,
        maxUnauthenticated: 100,
      },
      pseudonymKey: new Uint8Array(32),
      tls: () => this.tls,
      authenticate: (credential) =>
        Promise.resolve(
          /^token(-\d+)?$/.test(credential)
            ? { principal: { type: 'User', id: 'ann', groups: [], roles: [] }, credentialId: 'key-1' }
            : undefined,
        ),
      resource: (name) => (name === this.binding.name ? this.binding : undefined),
      open: (request) => this.session(request),
      approvalUrl: (id) => `https://console.example/approvals/${id}`,
      forbidden: () => false,
      log: () => undefined,
    };
  }

  /** Ends every session that was begun, as a revocation does. */
  terminate(reason: string): void {
    for (const terminate of this.begun.splice(0)) terminate(reason);
  }

  private session({ authenticated, resource, clientAddress, terminate }: OpenSession): LiveSession {
    this.sessions += 1;
    this.begun.push(terminate);
    return {
      info: {
        id: `session-${this.sessions}`,
        principal: authenticated.principal,
        credentialId: authenticated.credentialId,
        resource: resource.name,
        protocol: 'http',
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
