import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Action, Decision, DecisionRecord } from '@sallyport/domain';
import type {
  ApprovalRequest,
  ApprovalResolution,
  GatewayHost,
  GatewayLimits,
  LiveSession,
  OpenSession,
  ProtocolAdapter,
  ResourceBinding,
} from '@sallyport/enforcement';
import { acceptReusing } from '@sallyport/wire-kit';

/** Policy of a test: what it thinks of an action. */
export type Opinion = (action: Action) => Decision;

export const permitAll: Opinion = () => ({
  effect: 'permit',
  obligations: [],
  because: [{ code: 'permitted' }],
  policyRevision: 1,
});

/** A gateway in memory: implements the ports, keeps what it was told. */
export class TestingHost implements GatewayHost {
  limits: GatewayLimits = {
    authTimeoutMs: 25_000,
    maxMessageBytes: 16 << 20,
    maxHoldInTransactionSeconds: 60,
    maxUnauthenticated: 50,
  };
  readonly pseudonymKey = new Uint8Array(32).fill(7);
  readonly tokens = new Map([['good-token', 'ci']]);
  readonly bindings = new Map<string, ResourceBinding>();
  opinion: Opinion = permitAll;
  secureContext: SecureContext | undefined;

  readonly sessions: { readonly request: OpenSession; readonly id: string; closed?: string }[] = [];
  readonly decisions: DecisionRecord[] = [];
  readonly outcomes: { readonly seq: number; readonly completion: string }[] = [];
  readonly notes: string[] = [];
  readonly responses: Buffer[] = [];
  readonly requests: Buffer[] = [];
  readonly logs: string[] = [];
  readonly approvals = new TestingApprovals();
  congested = false;
  failRecording = false;
  #onDrain: (() => void)[] = [];

  constructor(private readonly adapter: ProtocolAdapter) {}

  useTls(certificate: string, privateKey: string): void {
    this.secureContext = createSecureContext({ cert: certificate, key: privateKey });
  }

  tls(): SecureContext | undefined {
    return this.secureContext;
  }

  authenticate(credential: string): ReturnType<GatewayHost['authenticate']> {
    const id = this.tokens.get(credential);
    if (id === undefined) return Promise.resolve(undefined);
    return Promise.resolve({
      principal: { type: 'ServiceAccount', id, groups: [], roles: [] },
      credentialId: `key-of-${id}`,
    });
  }

  resource(name: string): ResourceBinding | undefined {
    return this.bindings.get(name);
  }

  open(request: OpenSession): LiveSession {
    const id = `session-${this.sessions.length + 1}`;
    const entry: (typeof this.sessions)[number] = { request, id };
    this.sessions.push(entry);
    return {
      info: {
        id,
        principal: request.authenticated.principal,
        credentialId: request.authenticated.credentialId,
        resource: request.resource.name,
        protocol: 'postgres',
        gateway: 'test',
        clientAddress: request.clientAddress,
        startedAt: new Date().toISOString(),
      },
      policy: { judge: (action) => this.opinion(action) },
      recorder: this.#recorder(),
      approvals: this.approvals,
      close: (reason) => {
        entry.closed ??= reason;
      },
    };
  }

  approvalUrl(id: string): string {
    return `https://control-plane.test/v1/approvals/${id}`;
  }

  forbidden(): boolean {
    return false;
  }

  log(level: string, message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.logs.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
  }

  /** The statements that were decided to run, connecting aside. */
  executed(): string[] {
    return this.decisions
      .filter(
        ({ phase, decision, action }) =>
          phase === 'execute' && decision.effect === 'permit' && action.kind !== 'connect',
      )
      .map(({ action }) => action.text);
  }

  drain(): void {
    this.congested = false;
    for (const listener of this.#onDrain.splice(0)) listener();
  }

  /** Listens on loopback for as long as the test needs it. */
  async listen(): Promise<{ port: number; close: () => Promise<void> }> {
    const sockets = new Set<Socket>();
    const server: Server = createServer((accepted) => {
      const socket = this.tls() ? accepted : acceptReusing(accepted);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      this.adapter.accept(socket, this);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      port: (server.address() as AddressInfo).port,
      close: async () => {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }

  #recorder(): LiveSession['recorder'] {
    const check = (): void => {
      if (this.failRecording) throw new Error('disk full');
    };
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the getter below has a `this` of its own
    const host = this;
    return {
      decision: (record) => {
        check();
        this.decisions.push(record);
      },
      request: (bytes) => void this.requests.push(Buffer.from(bytes)),
      response: (bytes) => void this.responses.push(Buffer.from(bytes)),
      outcome: (seq, completion) => void this.outcomes.push({ seq, completion }),
      note: (name) => void this.notes.push(name),
      flush: check,
      get congested() {
        return host.congested;
      },
      waitsForDisk: false,
      flushSoon: () => undefined,
      onDrain: (listener) => void this.#onDrain.push(listener),
    };
  }
}

/** Reviewers in memory. */
export class TestingApprovals {
  readonly opened: ApprovalRequest[] = [];
  readonly reports: string[] = [];
  readonly abandoned: string[] = [];
  #waiting = new Map<string, (resolution: ApprovalResolution) => void>();
  #arrived: (() => void)[] = [];

  open(request: ApprovalRequest): Promise<void> {
    this.opened.push(request);
    return Promise.resolve();
  }

  /** A connection that is held waits by itself: nothing here is asked for again. */
  find(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  resolution(id: string, signal: AbortSignal): Promise<ApprovalResolution> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, resolve);
      signal.addEventListener('abort', () => reject(new Error('aborted')));
      for (const wake of this.#arrived.splice(0)) wake();
    });
  }

  consume(): Promise<boolean> {
    return Promise.resolve(true);
  }

  abandon(id: string): void {
    this.abandoned.push(id);
  }

  report(_id: string, outcome: string, detail: string): void {
    this.reports.push(`${outcome}: ${detail}`);
  }

  /** Waits for the next request and decides it. */
  async decide(resolution: ApprovalResolution): Promise<ApprovalRequest> {
    const request = await this.pending();
    this.#waiting.get(request.id)!(resolution);
    this.#waiting.delete(request.id);
    return request;
  }

  async pending(): Promise<ApprovalRequest> {
    while (this.#waiting.size === 0) await new Promise<void>((resolve) => this.#arrived.push(resolve));
    const [id] = [...this.#waiting.keys()];
    return this.opened.find((request) => request.id === id)!;
  }
}
