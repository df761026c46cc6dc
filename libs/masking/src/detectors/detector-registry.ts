import { creditCard } from './credit-card.js';
import type { Detector } from './detector.js';
import { email } from './email.js';
import { iban } from './iban.js';
import { ipAddress } from './ip-address.js';
import { phone } from './phone.js';
import { privateKey } from './private-key.js';
import { awsAccessKey, bearerToken, githubToken, jwt, slackToken } from './tokens.js';
import { usSsn } from './us-ssn.js';

/** Every detector, by the name it has in configurations. */
const detectors = {
  email,
  creditCard,
  iban,
  usSsn,
  phone,
  ipAddress,
  jwt,
  awsAccessKey,
  privateKey,
  bearerToken,
  githubToken,
  slackToken,
} satisfies Record<string, Detector>;

export const detectorNames: readonly string[] = Object.keys(detectors);

export function detectorNamed(name: string): Detector | undefined {
  return new Map<string, Detector>(Object.entries(detectors)).get(name);
}
