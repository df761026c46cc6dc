import { Inject, Injectable } from '@nestjs/common';
import { objectName } from '@sallyport/api-contract';
import type { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { EnvelopeCipher } from '../../platform/crypto/envelope.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { findObject } from '../configuration/configuration-store.js';
import type { StoredSpecs } from '../configuration/configuration.js';
import type { Browser } from '../logins/browser-cookie.js';
import { LoginFlows } from '../logins/login-flows.js';
import { useAssertion } from './assertion-replay.js';
import { provedBySaml } from './proved-by-saml.js';
import { requireThat } from './saml-refusal.js';
import { SamlServiceProvider } from './service-provider.js';
import { verifyResponse } from './verify-response.js';

export interface SamlProvider {
  readonly name: string;
  readonly spec: Extract<StoredSpecs['IdentityProvider'], { protocol: 'saml' }>;
}
/** Where the browser goes on after a response. */
export type AfterResponse =
  | { readonly kind: 'flow'; readonly handle: string }
  /** Nobody waited for it: the person came from the identity provider's own page. */
  | { readonly kind: 'unsolicited' };

/** What a flow's handle looks like. */
const handleForm = /^[\w-]{43}$/;

/** SAML web browser SSO at the service provider's side: request by redirect, response by form. */
@Injectable()
export class SamlSignIn {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(EnvelopeCipher) private readonly cipher: EnvelopeCipher,
    private readonly flows: LoginFlows,
  ) {}

  async provider(name: string): Promise<SamlProvider | undefined> {
    // It comes from the address, where anything may stand.
    if (!objectName.safeParse(name).success) return undefined;
    const found = await findObject(this.dataSource, 'IdentityProvider', name);
    return found?.spec.protocol === 'saml' ? { name, spec: found.spec } : undefined;
  }

  serviceProvider({ name }: Pick<SamlProvider, 'name'>): SamlServiceProvider {
    return new SamlServiceProvider(this.config.publicUrl, name);
  }

  /** Where the browser is sent; undefined unless this very browser has begun the flow, with this provider. */
  async start(provider: SamlProvider, handle: unknown, browser: Browser | undefined): Promise<string | undefined> {
    if (typeof handle !== 'string' || !handleForm.test(handle)) return undefined;
    if (!(await this.flows.awaits(handle, provider.name, browser))) return undefined;
    const { entryPoint } = provider.spec;
    return this.serviceProvider(provider).requestUrl({ id: this.requestId(handle), entryPoint, relayState: handle });
  }

  /**
   * Takes a response. The flow it goes on with is the one that its RelayState names, whose request alone it may answer;
   * it can take the flow a step further once. Whether the browser is the one that began shows when it comes back by itself.
   * @throws SamlRefusal
   */
  async finish(
    provider: SamlProvider,
    form: { readonly response: unknown; readonly relayState: unknown },
  ): Promise<AfterResponse> {
    const { relayState } = form;
    const handle = typeof relayState === 'string' && handleForm.test(relayState) ? relayState : undefined;
    requireThat(handle !== undefined || provider.spec.allowUnsolicited, 'a response that nobody asked for');
    const { entityId: audience, consumer: recipient } = this.serviceProvider(provider);
    const asserted = await verifyResponse({
      field: form.response,
      certificates: provider.spec.certificates,
      expected: {
        ...{ issuer: provider.spec.entityId, audience, recipient, now: new Date() },
        inResponseTo: handle === undefined ? undefined : this.requestId(handle),
      },
    });
    const isNew = await useAssertion(this.dataSource, provider.name, asserted);
    requireThat(isNew, 'an assertion that was used before');
    // Begins a sign-in of its own from here: what an assertion alone brings in could have been planted by anybody.
    if (handle === undefined) return { kind: 'unsolicited' };
    const next = await this.flows.prove(handle, provedBySaml(provider.name, asserted));
    requireThat(next !== undefined, 'no such sign-in, or one that is over');
    return { kind: 'flow', handle: next };
  }

  /** Derived under the master key: only who holds the flow's handle can have had the request that a response names. */
  private requestId(handle: string): string {
    return `_${this.cipher.digest('saml-request', handle)}`;
  }
}
