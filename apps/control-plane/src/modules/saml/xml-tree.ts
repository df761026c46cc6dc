import { parseDomFromString, parseXml2JsFromString } from './node-saml.js';
import { requireThat, SamlRefusal } from './saml-refusal.js';
import type { XmlElement, XmlNode } from './xml-node.js';

export const namespaces = {
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
  exclusive: 'http://www.w3.org/2001/10/xml-exc-c14n#',
} as const;

const elementNode = 1;
const textNode = 3;
const maxDepth = 40;

/**
 * The root element, by the very parser that the signature check uses: where two parsers read one text differently, the
 * check speaks about another document than the one that is read. A second, strict one has to find the text well-formed too,
 * since the first repairs what is not.
 * @throws SamlRefusal
 */
export async function parseXml(text: string): Promise<XmlElement> {
  try {
    await parseXml2JsFromString(text);
    const document = await parseDomFromString(text);
    const roots = children(document);
    requireThat(roots.length === 1, 'not one root element');
    const outside = Array.from(document.childNodes).filter(({ nodeType }) => nodeType === textNode);
    requireThat(
      outside.every(({ textContent }) => (textContent ?? '').trim() === ''),
      'text outside of the root element',
    );
    return roots[0]!;
  } catch (error) {
    throw error instanceof SamlRefusal ? error : new SamlRefusal('not well-formed XML');
  }
}

function isElement(node: XmlNode): node is XmlElement {
  return node.nodeType === elementNode;
}

export function children(node: XmlNode): XmlElement[] {
  return Array.from(node.childNodes).filter(isElement);
}

/** The element and everything beneath, in document order. */
export function elementsWithin(root: XmlElement): XmlElement[] {
  const found: XmlElement[] = [];
  const visit = (element: XmlElement, depth: number): void => {
    requireThat(depth <= maxDepth, 'nested too deeply');
    found.push(element);
    for (const child of children(element)) visit(child, depth + 1);
  };
  visit(root, 1);
  return found;
}

export function isNamed(element: XmlElement, space: keyof typeof namespaces, name: string): boolean {
  return element.localName === name && element.namespaceURI === namespaces[space];
}

export function childrenNamed(parent: XmlElement, space: keyof typeof namespaces, name: string): XmlElement[] {
  return children(parent).filter((child) => isNamed(child, space, name));
}

/** @throws SamlRefusal unless there is exactly one. */
export function onlyChild(parent: XmlElement, space: keyof typeof namespaces, name: string): XmlElement {
  const found = childrenNamed(parent, space, name);
  requireThat(found.length === 1, `not one ${name} in ${parent.localName}`);
  return found[0]!;
}

/** @throws SamlRefusal for more than one. */
export function childAtMostOnce(
  parent: XmlElement,
  space: keyof typeof namespaces,
  name: string,
): XmlElement | undefined {
  return childrenNamed(parent, space, name).length === 0 ? undefined : onlyChild(parent, space, name);
}

/** An attribute without a prefix. */
export function attribute(element: XmlElement, name: string): string | undefined {
  return Array.from(element.attributes).find((one) => one.name === name)?.value;
}

/** The text of an element that holds nothing else. @throws SamlRefusal */
export function textOf(element: XmlElement): string {
  const nodes = Array.from(element.childNodes);
  requireThat(
    nodes.every(({ nodeType }) => nodeType === textNode),
    `${element.localName} holds more than text`,
  );
  return element.textContent ?? '';
}
