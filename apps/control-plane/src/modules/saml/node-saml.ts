import { createRequire } from 'node:module';
import type { XmlElement, XmlNode } from './xml-node.js';

/** What is used of node-saml's XML layer, which its door does not name; the version is pinned. */
interface XmlLayer {
  parseDomFromString(xml: string): Promise<XmlNode>;
  parseXml2JsFromString(xml: string): Promise<unknown>;
  /** The canonical text that a signature right beneath the element covers; null where none verifies. */
  getVerifiedXml(xml: string, element: XmlElement, certificates: readonly string[]): string | null;
}
interface ServiceProviderSettings {
  readonly issuer: string;
  readonly callbackUrl: string;
  readonly identifierFormat: string;
  readonly wantAssertionsSigned: boolean;
}
interface RequestSettings extends ServiceProviderSettings {
  readonly entryPoint: string;
  readonly idpCert: string[];
  readonly allowCreate: boolean;
  readonly disableRequestedAuthnContext: boolean;
  readonly generateUniqueId: () => string;
}
interface Door {
  readonly SAML: new (settings: RequestSettings) => {
    /** Redirect binding. */
    getAuthorizeUrlAsync(relayState: string, host: undefined, options: object): Promise<string>;
  };
  generateServiceProviderMetadata(settings: ServiceProviderSettings): string;
}

// Loaded without its declarations: they bring the browser's globals into the types of the whole program.
const load = createRequire(import.meta.url);
const xmlLayer = load('@node-saml/node-saml/lib/xml.js') as XmlLayer;
const door = load('@node-saml/node-saml') as Door;

export const { parseDomFromString, parseXml2JsFromString, getVerifiedXml } = xmlLayer;
export const { SAML, generateServiceProviderMetadata } = door;
