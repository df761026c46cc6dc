import { requireThat } from './saml-refusal.js';
import type { XmlElement } from './xml-node.js';
import { attribute, childAtMostOnce, children, childrenNamed, isNamed, onlyChild, textOf } from './xml-tree.js';

/** What a response has to be about. */
export interface Expectations {
  /** Entity id of the identity provider. */
  readonly issuer: string;
  /** Our entity id. */
  readonly audience: string;
  /** Our assertion consumer service, the exact URL. */
  readonly recipient: string;
  /** ID of the request that was answered; undefined: none was, and none may be named. */
  readonly inResponseTo: string | undefined;
  readonly now: Date;
}

/** What a verified assertion says. */
export interface AssertedIdentity {
  readonly assertionId: string;
  /** The persistent NameID. */
  readonly subject: string;
  readonly sessionIndex: string | undefined;
  /** SessionNotOnOrAfter: no login may outlast it. */
  readonly sessionEndsAt: Date | undefined;
  /** From then on the assertion is refused for its age, and need not be remembered. */
  readonly expiresAt: Date;
  /** Text values by attribute name. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
}

export const clockSkewMs = 60_000;
const persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
const entity = 'urn:oasis:names:tc:SAML:2.0:nameid-format:entity';
const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';
const maxSubject = 255;
const maxSessionIndex = 1024;

/**
 * Reads an assertion by the rules of the web browser SSO profile (SAML profiles §4.1.4.3).
 * @param assertion parsed from the bytes that the signature check returned, and from nothing else.
 * @throws SamlRefusal
 */
export function readAssertion(assertion: XmlElement, expected: Expectations): AssertedIdentity {
  requireThat(isNamed(assertion, 'assertion', 'Assertion'), 'not an Assertion');
  requireThat(attribute(assertion, 'Version') === '2.0', 'not SAML 2.0');
  const assertionId = attribute(assertion, 'ID') ?? '';
  requireThat(/^[A-Za-z_][\w.-]{7,254}$/.test(assertionId), 'an unusable assertion ID');
  const issuedAt = instant(assertion, 'IssueInstant');
  requireThat(issuedAt !== undefined && issuedAt <= latest(expected), 'issued in the future');
  checkIssuer(onlyChild(assertion, 'assertion', 'Issuer'), expected);
  const subject = onlyChild(assertion, 'assertion', 'Subject');
  const confirmedUntil = checkConfirmation(subject, expected);
  const conditionsUntil = checkConditions(onlyChild(assertion, 'assertion', 'Conditions'), expected);
  const session = readSession(onlyChild(assertion, 'assertion', 'AuthnStatement'), expected);
  return {
    assertionId,
    subject: readNameId(onlyChild(subject, 'assertion', 'NameID'), expected),
    ...session,
    expiresAt: new Date(Math.min(confirmedUntil, conditionsUntil ?? Infinity) + clockSkewMs),
    attributes: readAttributes(assertion),
  };
}

/** @throws SamlRefusal unless the identity provider itself is named. Core §2.2.5. */
export function checkIssuer(issuer: XmlElement, { issuer: name }: Pick<Expectations, 'issuer'>): void {
  requireThat((attribute(issuer, 'Format') ?? entity) === entity, 'an issuer of another format');
  requireThat(textOf(issuer) === name, 'another issuer');
}

/** Core §8.3.7: who it is depends on the qualifiers too, which therefore have to be the usual ones. */
function readNameId(nameId: XmlElement, expected: Expectations): string {
  requireThat(attribute(nameId, 'Format') === persistent, 'the NameID is not persistent');
  requireThat((attribute(nameId, 'NameQualifier') ?? expected.issuer) === expected.issuer, 'another NameQualifier');
  requireThat(
    (attribute(nameId, 'SPNameQualifier') ?? expected.audience) === expected.audience,
    'another SPNameQualifier',
  );
  const subject = textOf(nameId);
  requireThat(
    subject.length > 0 && subject.length <= maxSubject && subject.trim() === subject && !/\p{Cc}/u.test(subject),
    'an unusable NameID',
  );
  return subject;
}

/** Milliseconds since the epoch at which the confirmation ends. */
function checkConfirmation(subject: XmlElement, expected: Expectations): number {
  const confirmation = onlyChild(subject, 'assertion', 'SubjectConfirmation');
  requireThat(attribute(confirmation, 'Method') === bearer, 'not a bearer confirmation');
  const data = onlyChild(confirmation, 'assertion', 'SubjectConfirmationData');
  requireThat(attribute(data, 'Recipient') === expected.recipient, 'another recipient');
  requireThat(attribute(data, 'InResponseTo') === expected.inResponseTo, 'the answer to another request');
  const { until } = checkWindow(data, expected);
  requireThat(until !== undefined, 'a confirmation without end');
  return until;
}

const knownConditions = ['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction'];

/** Core §2.5.1. A condition that nobody here understands makes the assertion's validity unknown. */
function checkConditions(conditions: XmlElement, expected: Expectations): number | undefined {
  for (const condition of children(conditions)) {
    const known = knownConditions.some((name) => isNamed(condition, 'assertion', name));
    requireThat(known, 'an unknown condition');
  }
  const restrictions = childrenNamed(conditions, 'assertion', 'AudienceRestriction');
  requireThat(restrictions.length > 0, 'no audience');
  for (const restriction of restrictions) {
    const audiences = childrenNamed(restriction, 'assertion', 'Audience').map(textOf);
    requireThat(audiences.includes(expected.audience), 'another audience');
  }
  return checkWindow(conditions, expected).until;
}

function readSession(
  statement: XmlElement,
  expected: Expectations,
): Pick<AssertedIdentity, 'sessionIndex' | 'sessionEndsAt'> {
  const signedInAt = instant(statement, 'AuthnInstant');
  requireThat(signedInAt !== undefined && signedInAt <= latest(expected), 'signed in in the future');
  const until = instant(statement, 'SessionNotOnOrAfter');
  requireThat(until === undefined || until > expected.now.getTime(), 'a session that has ended');
  const sessionIndex = attribute(statement, 'SessionIndex');
  requireThat((sessionIndex ?? '').length <= maxSessionIndex, 'an unusable SessionIndex');
  return {
    sessionIndex,
    sessionEndsAt: until === undefined ? undefined : new Date(until),
  };
}

function checkWindow(element: XmlElement, expected: Expectations): { until: number | undefined } {
  const from = instant(element, 'NotBefore');
  const until = instant(element, 'NotOnOrAfter');
  requireThat(from === undefined || from <= latest(expected), 'not valid yet');
  requireThat(until === undefined || until > expected.now.getTime() - clockSkewMs, 'no longer valid');
  return { until };
}

function latest({ now }: Expectations): number {
  return now.getTime() + clockSkewMs;
}

/** Core §1.3.3: UTC. Milliseconds since the epoch. @throws SamlRefusal for what is no time. */
function instant(element: XmlElement, name: string): number | undefined {
  const text = attribute(element, name);
  if (text === undefined) return undefined;
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text) ? Date.parse(text) : NaN;
  requireThat(!Number.isNaN(ms), `${name} is no time`);
  return ms;
}

/** Values that are not plain text (a nested NameID, say) are left out; a value never becomes another one by conversion. */
function readAttributes(assertion: XmlElement): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const statement = childAtMostOnce(assertion, 'assertion', 'AttributeStatement');
  for (const one of statement ? childrenNamed(statement, 'assertion', 'Attribute') : []) {
    const name = attribute(one, 'Name');
    requireThat(name !== undefined && name !== '', 'an attribute without name');
    const plain = childrenNamed(one, 'assertion', 'AttributeValue').filter((value) => children(value).length === 0);
    found.set(name, [...(found.get(name) ?? []), ...plain.map(textOf)]);
  }
  return found;
}
