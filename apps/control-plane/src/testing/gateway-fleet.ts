import type { KeyObject } from 'node:crypto';
import { encodeSegmentHeader, initialChain, nextChain, segmentDigest } from '@sallyport/recording';
import type { HeldExchange } from '../modules/approvals/approval-intake.js';
import { ci, heldExchange } from './control-plane-parts.js';
import { GatewayClient, newKey } from './gateway-client.js';
import { startInstallation, type Replica, type TestInstallation } from './replica.js';

const everythingForDba =
  'kind: Policy\nname: decide\nspec: {cedar: "permit (principal in Group::\\"dba\\", action, resource);"}\n';

/** Two replicas of the control plane over one database, and as many gateways as a test wants. */
export class GatewayFleet {
  installation!: TestInstallation;
  one!: Replica;
  two!: Replica;
  /** Key of an account in the group that decides. */
  reviewer!: string;
  readonly #open: GatewayClient[] = [];

  async start(): Promise<void> {
    this.installation = await startInstallation();
    this.one = await this.installation.replica();
    await this.one.bootstrap();
    this.two = await this.installation.replica({ SALLYPORT_WORKER: 'none' });
    this.two.administrator = this.one.administrator;
    await this.one.account('ci', 'ci');
    this.reviewer = await this.one.account('rita', 'dba');
    await this.one.call('PUT', '/v1/manifests', { body: everythingForDba });
  }

  async connect(replica = this.one, key: KeyObject = newKey()): Promise<GatewayClient> {
    return this.#keep(await GatewayClient.connect(replica.url, key));
  }

  /** A one-time token. */
  async tokenFor(name: string): Promise<string> {
    const { body } = await this.one.call('POST', '/v1/gateways/enrolments', { body: { name } });
    return (body as { token: string }).token;
  }

  async enrolled(name: string, replica = this.one): Promise<GatewayClient> {
    const client = await this.connect(replica);
    await client.enrol(await this.tokenFor(name), name);
    return client;
  }

  async ready(name: string, replica = this.one): Promise<GatewayClient> {
    const client = await this.enrolled(name, replica);
    await client.hello();
    return client;
  }

  /** A second connection of the same gateway. */
  async again(client: GatewayClient, replica = this.one): Promise<GatewayClient> {
    return this.#keep(await client.again(replica.url));
  }

  /** Actions on record for the target, newest first. */
  async auditOf(target: string): Promise<string[]> {
    const { body } = await this.one.call('GET', `/v1/audit?target=${encodeURIComponent(target)}`);
    return (body as { items: { action: string }[] }).items.map((entry) => entry.action);
  }

  async closeConnections(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((client) => client.close()));
  }

  #keep(client: GatewayClient): GatewayClient {
    this.#open.push(client);
    return client;
  }
}

/** A fleet for the tests of one file. */
export function useFleet(): GatewayFleet {
  const fleet = new GatewayFleet();
  beforeAll(() => fleet.start(), 120_000);
  afterEach(() => fleet.closeConnections());
  afterAll(() => fleet.installation.stop());
  return fleet;
}

/** A request of an account that exists, held on this gateway. */
export function heldOn(gateway: string, session?: string): HeldExchange {
  return heldExchange({ gateway, principal: { ...ci, owner: undefined }, ...(session && { session }) });
}

export interface Segment {
  readonly note: { readonly sha256: string; readonly chain: string };
  readonly bytes: Buffer;
}

/** The one segment of a recording. */
export function segmentOf(sessionId: string, frames = Buffer.from('frames')): Segment {
  const bytes = Buffer.concat([encodeSegmentHeader(sessionId, 0, initialChain(sessionId)), frames]);
  const digest = segmentDigest(bytes);
  const chain = nextChain(initialChain(sessionId), digest).toString('hex');
  const note = { sessionId, index: 0, sha256: digest.toString('hex'), chain, last: true };
  return { note, bytes };
}
