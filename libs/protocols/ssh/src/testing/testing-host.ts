import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Action, Decision, DecisionRecord, Obligation } from '@sallyport/domain';
import type {
  ApprovalRequest,
  ApprovalResolution,
  Authenticated,
  GatewayHost,
  GatewayLimits,
  LiveSession,
  OpenSession,
  ProtocolAdapter,
  ResourceBinding,
} from '@sallyport/enforcement';
import type { OfferedKey } from '../login/public-key.js';

/** Policy of a test: what it thinks of an action. */
export type Opinion = (action: Action) => Decision;

export function permit(obligations: readonly Obligation[] = []): Decision {
  return { effect: 'permit', obligations, because: [{ code: 'permitted' }], policyRevision: 1 };
}
export function deny(text?: string): Decision {
  return { effect: 'deny', because: [{ code: 'forbidden', text }], policyRevision: 1 };
}
export function hold(expiresInSeconds = 60): Decision {
  const approval = { requirements: [{ groups: ['ops'], quorum: 1 }], expiresInSeconds };
  return { effect: 'hold', approval, obligations: [], because: [{ code: 'needs-approval' }], policyRevision: 1 };
}
export const permitAll: Opinion = () => permit();

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
  /** Fingerprint to principal. */
  readonly keys = new Map<string, string>();
  readonly bindings = new Map<string, ResourceBinding>();
  opinion: Opinion = permitAll;

  readonly sessions: { readonly request: OpenSession; readonly id: string; closed?: string }[] = [];
  readonly decisions: DecisionRecord[] = [];
  readonly outcomes: { readonly seq: number; readonly completion: string }[] = [];
  readonly notes: { readonly name: string; readonly detail: Readonly<Record<string, string | number | boolean>> }[] =
    [];
  readonly responses: Buffer[] = [];
  readonly requests: Buffer[] = [];
  readonly logs: string[] = [];
  readonly approvals = new TestingApprovals();
  forbiddenPort = 0;
  congested = false;
  failRecording = false;
  #onDrain: (() => void)[] = [];

  constructor(private readonly adapter: ProtocolAdapter) {}

  tls(): SecureContext | undefined {
    return undefined;
  }

  authenticate(credential: string): Promise<Authenticated | undefined> {
    return Promise.resolve(this.#principal(this.tokens.get(credential), 'token'));
  }

  authenticateKey(key: OfferedKey): Promise<Authenticated | undefined> {
    return Promise.resolve(this.#principal(this.keys.get(key.fingerprint), 'key'));
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
        protocol: 'ssh',
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
    return `https://gateway.example/approvals/${id}`;
  }

  forbidden(_address: string, port: number): boolean {
    return port === this.forbiddenPort;
  }

  log(level: string, message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.logs.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
  }

  /** What was decided to run, connecting aside. */
  executed(): string[] {
    return this.decisions
      .filter(({ decision, action }) => decision.effect === 'permit' && action.kind !== 'connect')
      .map(({ action }) => action.text);
  }

  get output(): string {
    return Buffer.concat(this.responses).toString();
  }

  /** Forgets what happened and thinks the best of everything again. */
  reset(): void {
    this.opinion = permitAll;
    this.failRecording = false;
    this.forbiddenPort = 0;
    this.keys.clear();
    const { decisions, outcomes, notes, responses, requests, sessions, logs } = this;
    for (const list of [decisions, outcomes, notes, responses, requests, sessions, logs]) list.length = 0;
    this.approvals.reset();
  }

  drain(): void {
    this.congested = false;
    for (const listener of this.#onDrain.splice(0)) listener();
  }

  /** Listens on loopback for as long as the test needs it. */
  async listen(): Promise<{ port: number; close: () => Promise<void> }> {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
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

  #principal(id: string | undefined, by: string): Authenticated | undefined {
    if (id === undefined) return undefined;
    return { principal: { type: 'ServiceAccount', id, groups: [], roles: [] }, credentialId: `${by}-of-${id}` };
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
      note: (name, detail) => void this.notes.push({ name, detail }),
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
  readonly #waiting = new Map<string, (resolution: ApprovalResolution) => void>();
  readonly #arrived: (() => void)[] = [];

  open(request: ApprovalRequest): Promise<void> {
    this.opened.push(request);
    return Promise.resolve();
  }

  resolution(id: string, signal: AbortSignal): Promise<ApprovalResolution> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, resolve);
      signal.addEventListener('abort', () => {
        this.#waiting.delete(id);
        reject(new Error('aborted'));
      });
      for (const wake of this.#arrived.splice(0)) wake();
    });
  }

  find(): Promise<undefined> {
    return Promise.resolve(undefined);
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

  reset(): void {
    this.#waiting.clear();
    for (const list of [this.opened, this.reports, this.abandoned]) list.length = 0;
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
