import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import type { IssuedCertificate } from '@sallyport/testing';
import { issueServerCertificate, makeAuthority } from '@sallyport/testing';

/** What is used of samlify. Loaded without its declarations, which bring the browser's globals into every type check. */
interface Samlify {
  readonly Constants: { readonly namespace: { readonly binding: Readonly<Record<'redirect' | 'post', string>> } };
  IdentityProvider(settings: object): {
    createLoginResponse(
      sp: unknown,
      request: object,
      binding: 'post',
      user: object,
      fill: (template: string) => { id: string; context: string },
    ): Promise<{ readonly context: string }>;
  };
  ServiceProvider(settings: object): unknown;
}
const { Constants, IdentityProvider, ServiceProvider } = createRequire(import.meta.url)('samlify') as Samlify;

/** What a response says, before it is signed. */
export interface ResponseFacts {
  readonly issuer: string;
  readonly audience: string;
  readonly recipient: string;
  readonly destination: string;
  /** Undefined: the attribute is left out, in both places. */
  readonly inResponseTo: string | undefined;
  readonly nameId: string;
  readonly nameIdFormat: string;
  readonly notBefore: Date;
  readonly notOnOrAfter: Date;
  readonly sessionNotOnOrAfter?: Date;
  readonly assertionId: string;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** XML just before the end of the assertion. */
  readonly more?: string;
  readonly status?: string;
}
export type SignedParts = 'assertion' | 'response' | 'both' | 'neither';

export interface SigningOptions {
  readonly parts?: SignedParts;
  readonly algorithm?: string;
  readonly transforms?: string[];
  /** Changes the XML just before it is signed. */
  readonly unsigned?: (xml: string) => string;
}

const rsaSha256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const usualTransforms = [
  'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
  'http://www.w3.org/2001/10/xml-exc-c14n#',
];
export const persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
const success = 'urn:oasis:names:tc:SAML:2.0:status:Success';

/** A key and a certificate such as identity providers sign with. */
export async function makeSigningCertificate(): Promise<IssuedCertificate> {
  return issueServerCertificate(await makeAuthority(), ['idp.test'], { algorithm: 'rsa-2048' });
}

export function newId(): string {
  return `_${randomBytes(16).toString('hex')}`;
}

/** samlify as the identity provider: what it signs is a real signature over a real response. */
export class SamlIdentityProvider {
  private constructor(
    readonly entityId: string,
    readonly keys: IssuedCertificate,
  ) {}

  static async start(entityId = 'https://idp.test/metadata'): Promise<SamlIdentityProvider> {
    return new SamlIdentityProvider(entityId, await makeSigningCertificate());
  }

  /** The XML of a signed response. */
  async respond(facts: ResponseFacts, options: SigningOptions = {}): Promise<string> {
    const { parts = 'assertion', algorithm = rsaSha256, transforms = usualTransforms } = options;
    const xml = responseXml(facts);
    const unsigned = options.unsigned ? options.unsigned(xml) : xml;
    if (parts === 'neither') return unsigned;
    const idp = IdentityProvider({
      entityID: this.entityId,
      privateKey: this.keys.privateKey,
      signingCert: this.keys.certificate,
      requestSignatureAlgorithm: algorithm,
      nameIDFormat: [facts.nameIdFormat],
      singleSignOnService: [{ Binding: Constants.namespace.binding.redirect, Location: 'https://idp.test/sso' }],
      singleLogoutService: [{ Binding: Constants.namespace.binding.redirect, Location: 'https://idp.test/slo' }],
      loginResponseTemplate: { context: unsigned, attributes: [] },
    });
    const sp = ServiceProvider({
      entityID: facts.audience,
      wantAssertionsSigned: parts !== 'response',
      wantMessageSigned: parts !== 'assertion',
      transformationAlgorithms: transforms,
      assertionConsumerService: [{ Binding: Constants.namespace.binding.post, Location: facts.recipient }],
      singleLogoutService: [{ Binding: Constants.namespace.binding.post, Location: facts.recipient }],
    });
    const signed = await idp.createLoginResponse(sp, {}, 'post', {}, (template: string) => ({
      id: 'unused',
      context: template,
    }));
    return Buffer.from(signed.context, 'base64').toString('utf8');
  }
}

export const serviceProvider = {
  audience: 'https://sallyport.test/auth/saml/corp/metadata',
  recipient: 'https://sallyport.test/auth/saml/corp/acs',
} as const;

/** What an identity provider says of alice in answer to a request; valid as it is. */
export function usualFacts(idp: SamlIdentityProvider, inResponseTo: string | undefined): ResponseFacts {
  return {
    issuer: idp.entityId,
    ...serviceProvider,
    destination: serviceProvider.recipient,
    inResponseTo,
    nameId: 'a1b2c3',
    nameIdFormat: persistent,
    notBefore: new Date(Date.now() - 60_000),
    notOnOrAfter: new Date(Date.now() + 300_000),
    assertionId: newId(),
    attributes: { groups: ['dba', 'dev'], mail: ['alice@example.com'] },
  };
}

export function asField(xml: string): string {
  return Buffer.from(xml, 'utf8').toString('base64');
}

export function responseXml(facts: ResponseFacts): string {
  const answer = facts.inResponseTo === undefined ? '' : ` InResponseTo="${facts.inResponseTo}"`;
  const now = new Date().toISOString();
  return (
    `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"` +
    ` ID="${newId()}" Version="2.0" IssueInstant="${now}" Destination="${facts.destination}"${answer}>` +
    `<saml:Issuer>${facts.issuer}</saml:Issuer>` +
    `<samlp:Status><samlp:StatusCode Value="${facts.status ?? success}"/></samlp:Status>` +
    assertionXml(facts, answer, now) +
    `</samlp:Response>`
  );
}

function assertionXml(facts: ResponseFacts, answer: string, now: string): string {
  const session = facts.sessionNotOnOrAfter ? ` SessionNotOnOrAfter="${facts.sessionNotOnOrAfter.toISOString()}"` : '';
  const attributes = Object.entries(facts.attributes).map(
    ([name, values]) =>
      `<saml:Attribute Name="${name}">${values
        .map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`)
        .join('')}</saml:Attribute>`,
  );
  return (
    `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${facts.assertionId}" Version="2.0" IssueInstant="${now}">` +
    `<saml:Issuer>${facts.issuer}</saml:Issuer>` +
    `<saml:Subject><saml:NameID Format="${facts.nameIdFormat}">${facts.nameId}</saml:NameID>` +
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData` +
    ` NotOnOrAfter="${facts.notOnOrAfter.toISOString()}" Recipient="${facts.recipient}"${answer}/></saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions NotBefore="${facts.notBefore.toISOString()}" NotOnOrAfter="${facts.notOnOrAfter.toISOString()}">` +
    `<saml:AudienceRestriction><saml:Audience>${facts.audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>` +
    `<saml:AuthnStatement AuthnInstant="${now}" SessionIndex="s1"${session}><saml:AuthnContext><saml:AuthnContextClassRef>` +
    `urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>` +
    (attributes.length > 0 ? `<saml:AttributeStatement>${attributes.join('')}</saml:AttributeStatement>` : '') +
    `${facts.more ?? ''}</saml:Assertion>`
  );
}
