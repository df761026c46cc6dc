import { generateServiceProviderMetadata, SAML } from './node-saml.js';

const persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';

/** What we are to one identity provider: an entity of its own for each, so that no assertion made for one fits another. */
export class SamlServiceProvider {
  /** Entity id, and where the metadata is. */
  readonly entityId: string;
  /** Assertion consumer service. */
  readonly consumer: string;

  /** @param provider name of the IdentityProvider */
  constructor(publicUrl: string, provider: string) {
    const base = `${publicUrl}/auth/saml/${encodeURIComponent(provider)}`;
    this.entityId = `${base}/metadata`;
    this.consumer = `${base}/acs`;
  }

  /** SAML metadata §2.4.4, XML. */
  metadata(): string {
    return generateServiceProviderMetadata(this.#settings());
  }

  /** Where the browser is sent: an AuthnRequest in the redirect binding (SAML bindings §3.4). */
  requestUrl(request: {
    readonly id: string;
    readonly entryPoint: string;
    readonly relayState: string;
  }): Promise<string> {
    const saml = new SAML({
      ...this.#settings(),
      entryPoint: request.entryPoint,
      // Asked for by the library; responses are verified elsewhere, with the provider's own.
      idpCert: ['unused'],
      allowCreate: true,
      disableRequestedAuthnContext: true,
      generateUniqueId: () => request.id,
    });
    return saml.getAuthorizeUrlAsync(request.relayState, undefined, {});
  }

  #settings() {
    return {
      issuer: this.entityId,
      callbackUrl: this.consumer,
      identifierFormat: persistent,
      wantAssertionsSigned: true,
    };
  }
}
