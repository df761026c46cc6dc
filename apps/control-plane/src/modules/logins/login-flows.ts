import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { firstRow, rows } from '../../platform/database/query.js';
import type { Browser } from './browser-cookie.js';
import type { ProvedIdentity } from './proved-identity.js';
import { provedIdentity } from './proved-identity.js';
import { hashText, newSecretText } from './secret-text.js';

/** Long enough for a password, a second factor and a telephone call. */
const lifetime = `interval '10 minutes'`;
/** Anybody can begin one. Past these the oldest that proved nobody gives way: no stranger keeps others from signing in. */
const maxFlows = 10_000;

/** Who gets the login. */
const flowRequest = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('client'),
    clientId: z.string(),
    redirectUri: z.string(),
    state: z.string(),
    codeChallenge: z.string(),
  }),
  z.object({ kind: z.literal('device'), deviceId: z.string() }),
]);
export type FlowRequest = z.infer<typeof flowRequest>;

export interface LoginFlow {
  readonly request: FlowRequest;
  readonly provider: string | undefined;
  /** Who it is, where that has been proved already. */
  readonly proved: ProvedIdentity | undefined;
}

interface FlowRow {
  readonly request: unknown;
  readonly provider: string | null;
  readonly proved: unknown;
}

/**
 * Sign-ins under way. A flow is known by its handle, which travels through the browser (OIDC `state`, SAML RelayState) and is
 * stored as a hash; it lives in the database, so any replica goes on with it, and each step takes it once.
 */
@Injectable()
export class LoginFlows {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** The handle; undefined when too many who proved themselves have yet to go on. */
  async begin(browser: Browser, request: FlowRequest, provider?: string): Promise<string | undefined> {
    const handle = newSecretText();
    await this.dataSource.query(
      `DELETE FROM login_flows WHERE handle_hash IN (
         SELECT handle_hash FROM login_flows WHERE proved IS NULL ORDER BY expires_at DESC OFFSET ${maxFlows - 1})`,
    );
    const made = await rows(
      this.dataSource,
      `INSERT INTO login_flows (handle_hash, browser_hash, request, provider, expires_at)
       SELECT $1, $2, $3, $4, now() + ${lifetime}
       WHERE (SELECT count(*) FROM login_flows WHERE proved IS NOT NULL AND expires_at > now()) < ${maxFlows}
       RETURNING handle_hash`,
      [hashText(handle), browser.hash, JSON.stringify(request), provider ?? null],
    );
    return made.length > 0 ? handle : undefined;
  }

  /** The flow, once, and only for the browser that began it. */
  async take(handle: string, browser: Browser | undefined): Promise<LoginFlow | undefined> {
    if (!browser) return undefined;
    const row = await firstRow<FlowRow>(
      this.dataSource,
      `DELETE FROM login_flows WHERE handle_hash = $1 AND browser_hash = $2 AND expires_at > now()
       RETURNING request, provider, proved`,
      [hashText(handle), browser.hash],
    );
    return row && toFlow(row);
  }

  /** Whether the flow waits for this provider to prove somebody. Takes nothing. */
  async awaits(handle: string, provider: string, browser: Browser | undefined): Promise<boolean> {
    if (!browser) return false;
    const found = await rows(
      this.dataSource,
      `SELECT 1 FROM login_flows
       WHERE handle_hash = $1 AND browser_hash = $2 AND provider = $3 AND proved IS NULL AND expires_at > now()`,
      [hashText(handle), browser.hash, provider],
    );
    return found.length > 0;
  }

  /**
   * Notes who it is, for a browser that has yet to show its cookie: a form posted from another site comes without it. The
   * handle that goes on is a new one; undefined when the flow is unknown, over, or another provider's.
   */
  async prove(handle: string, identity: ProvedIdentity): Promise<string | undefined> {
    const next = newSecretText();
    const found = await rows(
      this.dataSource,
      `UPDATE login_flows SET handle_hash = $2, proved = $4
       WHERE handle_hash = $1 AND provider = $3 AND proved IS NULL AND expires_at > now() RETURNING handle_hash`,
      [hashText(handle), hashText(next), identity.provider, JSON.stringify(identity)],
    );
    return found.length > 0 ? next : undefined;
  }

  /** A flow that somebody has proved themselves in and has yet to say yes to. */
  async park(browser: Browser, request: FlowRequest, identity: ProvedIdentity): Promise<string | undefined> {
    const handle = await this.begin(browser, request, identity.provider);
    return handle && this.prove(handle, identity);
  }
}

function toFlow({ request, provider, proved }: FlowRow): LoginFlow {
  return {
    request: flowRequest.parse(request),
    provider: provider ?? undefined,
    proved: proved === null ? undefined : provedIdentity.parse(proved),
  };
}
