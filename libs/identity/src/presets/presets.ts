import type { SignatureAlgorithm } from '../token/algorithm.js';
import { aws } from './aws.js';
import { azure } from './azure.js';
import { buildkite } from './buildkite.js';
import { circleci } from './circleci.js';
import { githubActions } from './github-actions.js';
import { gitlab } from './gitlab.js';
import { google } from './google.js';
import { kubernetes } from './kubernetes.js';
import type { Preset } from './preset.js';
import { spiffe } from './spiffe.js';

const presets: ReadonlyMap<string, Preset> = new Map([
  ['github-actions', githubActions],
  ['gitlab', gitlab],
  ['buildkite', buildkite],
  ['circleci', circleci],
  ['kubernetes', kubernetes],
  ['spiffe', spiffe],
  ['google', google],
  ['azure', azure],
  ['aws', aws],
]);

/** An issuer of which nothing is known. */
const anyIssuer: Preset = {
  algorithms: ['RS256', 'ES256'],
  types: ['', 'jwt', 'at+jwt'],
  people: true,
  identifiedBy: [],
  anchors: [],
  texts: [],
  isGenuine: () => true,
};

/** Undefined for a name that no preset has. */
export function presetNamed(name: string | undefined): Preset | undefined {
  return name === undefined ? anyIssuer : presets.get(name);
}

/** Signatures that count for an issuer that names none. */
export function defaultAlgorithms(preset: string | undefined): readonly SignatureAlgorithm[] {
  return presetNamed(preset)?.algorithms ?? [];
}
