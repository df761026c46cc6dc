import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  randomUUID,
  sign,
  verify,
  type JsonWebKey,
} from 'node:crypto';
import type { AddressInfo } from 'node:net';
import {
  contractVersion,
  decodeBinaryFrame,
  envelope,
  policySnapshot,
  replies,
  toControlPlane,
  type PolicySnapshot,
  type Replies,
  type Signed,
  type ToControlPlane,
  type ToGateway,
} from '@sallyport/gateway-contract';
import { SignJWT } from 'jose';
import { WebSocketServer, type WebSocket } from 'ws';

type Asked = {
  [T in keyof ToControlPlane]: { readonly type: T; readonly body: ToControlPlane[T]; readonly attachment: Buffer };
}[keyof ToControlPlane];
/** What a test wants instead of the plain yes: another answer, a refusal, or silence. */
export type Answer = { readonly result: unknown } | { readonly refuse: string } | 'silence' | 'drop';

/** For tests: the other side of the real contract over a real WebSocket, with its own keys. Checks every message it gets. */
export class TestingControlPlane {
  readonly asked: Asked[] = [];
  /** Everything else that arrived: replies, and what did not fit the contract. */
  readonly stray: unknown[] = [];
  readonly segments = new Map<string, Buffer[]>();
  readonly keyId = 'key-1';
  readonly #keys = generateKeyPairSync('ed25519');
  readonly #tokens = new Set<string>();
  readonly #sockets = new Set<WebSocket>();
  readonly #answers = new Map<keyof ToControlPlane, (body: never) => Answer | undefined>();
  #server: WebSocketServer | undefined;
  #port = 0;
  #gatewayKey: JsonWebKey | undefined;
  #revision = 0;
  credentialSeconds = 3600;
  /** What hello is answered besides the name. */
  resolved: ToGateway['approval.resolved'][] = [];

  async start(): Promise<this> {
    this.#server = new WebSocketServer({ host: '127.0.0.1', port: this.#port, path: '/gateway' });
    await new Promise((resolve) => this.#server!.once('listening', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    this.#server.on('connection', (socket) => this.#connected(socket));
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    await new Promise((resolve) => (this.#server ? this.#server.close(resolve) : resolve(undefined)));
    this.#server = undefined;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}/gateway`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  enrolmentToken(): string {
    const token = randomBytes(24).toString('base64url');
    this.#tokens.add(token);
    return token;
  }

  /** Answers this kind of message another way; undefined from `answer` means the plain yes. */
  on<T extends keyof ToControlPlane>(type: T, answer: (body: ToControlPlane[T]) => Answer | undefined): void {
    this.#answers.set(type, answer as (body: never) => Answer | undefined);
  }

  bodies<T extends keyof ToControlPlane>(type: T): ToControlPlane[T][] {
    return this.asked.flatMap((asked) => (asked.type === type ? [asked.body as ToControlPlane[T]] : []));
  }

  push<T extends keyof ToGateway>(type: T, body: ToGateway[T]): void {
    this.pushRaw(type, body);
  }

  pushRaw(type: string, body: unknown): void {
    for (const socket of this.#sockets)
      socket.send(JSON.stringify({ v: contractVersion, id: randomUUID(), type, body }));
  }

  cut(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  sign(value: unknown): Signed {
    const payload = JSON.stringify(value);
    return {
      payload,
      signature: sign(null, Buffer.from(payload), this.#keys.privateKey).toString('base64'),
      keyId: this.keyId,
    };
  }

  /** A snapshot of the next revision with whatever the test wants in it, not published yet. */
  snapshot(parts: Partial<PolicySnapshot> = {}): PolicySnapshot {
    this.#revision += 1;
    return policySnapshot.parse({
      revision: this.#revision,
      issuedAt: new Date().toISOString(),
      maxAgeSeconds: 300,
      gateway: 'local',
      policies: [],
      resources: [sampleResource()],
      serviceAccounts: [
        { name: 'ci', disabled: false, expiresAt: null, keys: [{ id: 'k1', hash: sha256('sp_ci'), expiresAt: null }] },
      ],
      groups: [],
      ...{ users: [], claimGroups: [], roles: [], grants: [], trustedIssuers: [], revokedTokens: [] },
      tokens: { issuer: 'https://control-plane.test', audience: 'sallyport', jwks: [this.publicJwk()] },
      pseudonymKey: Buffer.alloc(32, 7).toString('base64'),
      ...parts,
    });
  }

  publish(parts: Partial<PolicySnapshot> = {}): PolicySnapshot {
    const snapshot = this.snapshot(parts);
    this.push('policy.published', this.sign(snapshot));
    return snapshot;
  }

  publicJwk(): Record<string, unknown> {
    return { ...this.#keys.publicKey.export({ format: 'jwk' }), kid: this.keyId, alg: 'EdDSA', use: 'sig' };
  }

  /** An access token as the control plane issues them; `change` makes it a wrong one. */
  async accessToken(
    change: { claims?: Record<string, unknown>; header?: Record<string, string>; expiresIn?: number } = {},
  ) {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: 'https://control-plane.test',
      aud: 'sallyport',
      sub: 'ServiceAccount::ci',
      cid: 'k1',
      jti: randomUUID(),
      iat: now,
    };
    return new SignJWT({ ...claims, exp: now + (change.expiresIn ?? 600), ...change.claims })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: this.keyId, ...change.header })
      .sign(this.#keys.privateKey);
  }

  get publicKeyPem(): string {
    return this.#keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  }

  #connected(socket: WebSocket): void {
    const nonce = randomBytes(32).toString('base64url');
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('message', (data: Buffer, binary: boolean) => this.#receive(socket, nonce, data, binary));
    socket.send(JSON.stringify({ v: contractVersion, id: '1', type: 'control-plane.challenge', body: { nonce } }));
  }

  #receive(socket: WebSocket, nonce: string, data: Buffer, binary: boolean): void {
    const frame = binary
      ? decodeBinaryFrame(data)!
      : { head: JSON.parse(data.toString()) as unknown, attachment: Buffer.alloc(0) };
    const message = envelope.parse(frame.head);
    const type = message.type as keyof ToControlPlane;
    const body = toControlPlane[type]?.safeParse(message.body);
    if (!body?.success) {
      this.stray.push(message);
      return;
    }
    this.asked.push({ type, body: body.data, attachment: Buffer.from(frame.attachment) } as Asked);
    const answer =
      this.#answers.get(type)?.(body.data as never) ??
      this.#plainYes(type, body.data as never, { nonce, attachment: frame.attachment });
    if (answer === 'silence') return;
    if (answer === 'drop') return socket.terminate();
    const reply =
      'refuse' in answer
        ? { ok: false, code: answer.refuse, message: 'refused by the test' }
        : { ok: true, result: replies[type].parse(answer.result) };
    socket.send(
      JSON.stringify({ v: contractVersion, id: randomUUID(), type: 'reply', replyTo: message.id, body: reply }),
    );
  }

  #plainYes(type: keyof ToControlPlane, body: never, context: { nonce: string; attachment: Buffer }): Answer {
    switch (type) {
      case 'gateway.enrol':
        return this.#enrol(body);
      case 'gateway.hello':
        return this.#hello(body, context.nonce);
      case 'lease.renew':
        return { result: this.#credential() };
      case 'approval.consume':
        return { result: { consumed: true } };
      case 'recording.segment':
        return this.#segment(body, Buffer.from(context.attachment));
      default:
        return { result: {} };
    }
  }

  #enrol({ token, name, publicKey }: ToControlPlane['gateway.enrol']): Answer {
    if (!this.#tokens.delete(token)) return { refuse: 'enrolment-refused' };
    this.#gatewayKey = publicKey as JsonWebKey;
    const signingKeys = [{ keyId: this.keyId, publicKey: this.publicJwk() }];
    return { result: { name, ...this.#credential(), signingKeys } satisfies Replies['gateway.enrol'] };
  }

  #credential(): { credential: string; expiresAt: string } {
    return {
      credential: `credential-${randomUUID()}`,
      expiresAt: new Date(Date.now() + this.credentialSeconds * 1000).toISOString(),
    };
  }

  #hello({ proof }: ToControlPlane['gateway.hello'], nonce: string): Answer {
    const key = this.#gatewayKey && createPublicKey({ key: this.#gatewayKey, format: 'jwk' });
    const proven = key && verify(null, Buffer.from(nonce), key, Buffer.from(proof, 'base64'));
    return proven ? { result: { name: 'local', resolved: this.resolved } } : { refuse: 'hello-refused' };
  }

  #segment(body: ToControlPlane['recording.segment'], bytes: Buffer): Answer {
    if (createHash('sha256').update(bytes).digest('hex') !== body.sha256) return { refuse: 'digest-mismatch' };
    const kept = this.segments.get(body.sessionId) ?? [];
    kept[body.index] = bytes;
    this.segments.set(body.sessionId, kept);
    return { result: {} };
  }
}

export function sampleResource(): PolicySnapshot['resources'][number] {
  return {
    name: 'shop',
    protocol: 'postgres',
    labels: { env: 'test' },
    upstream: { host: '127.0.0.1', port: 5432, database: 'shop', tls: 'disable' },
    credential: { username: 'app', password: 'target-secret' },
    classification: [{ column: 'public.customers.email', tags: ['pii'], mask: 'pseudonym' }],
    revision: 'r1',
  };
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Waits for what a test expects to become true; fails when it does not. */
export async function eventually(condition: () => boolean, timeoutMs = 5000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
