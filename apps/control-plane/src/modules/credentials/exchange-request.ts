import { objectName } from '@sallyport/api-contract';
import { allVerbs } from '@sallyport/domain';
import type { TokenBounds } from './token-bounds.js';
import type { OAuthFailure, TokenForm } from './token-grant.js';
import { tokenFailure } from './token-grant.js';

/** RFC 8693 §3. */
const typePrefix = 'urn:ietf:params:oauth:token-type:';
const tokenTypes = ['access_token', 'jwt', 'id_token'] as const;
export type ExchangeTokenType = (typeof tokenTypes)[number];
export const accessTokenType = `${typePrefix}access_token`;

export interface GivenToken {
  readonly token: string;
  readonly type: ExchangeTokenType;
}
export interface ExchangeRequest {
  readonly subject: GivenToken;
  readonly actor: GivenToken | undefined;
  readonly asked: TokenBounds;
}
export type ExchangeQuestion =
  { readonly ok: true; readonly request: ExchangeRequest } | { readonly ok: false; readonly failure: OAuthFailure };

/** RFC 8693 §2.1. */
export function readExchangeRequest({ parameters, targets }: TokenForm): ExchangeQuestion {
  const subject = givenToken(parameters, 'subject');
  const actor = givenToken(parameters, 'actor');
  if (subject === undefined || subject === 'wrong') {
    return tokenFailure('invalid_request', 'subject_token and subject_token_type are required, of a type known here.');
  }
  if (actor === 'wrong') {
    return tokenFailure('invalid_request', 'actor_token needs an actor_token_type known here, and none comes alone.');
  }
  const requested = parameters.get('requested_token_type');
  if (requested !== undefined && requested !== accessTokenType) {
    return tokenFailure('invalid_request', `Only ${accessTokenType} is issued.`);
  }
  // Whether there is such a resource is not for whoever holds a token to learn here.
  if (targets.some((name) => !objectName.safeParse(name).success)) {
    return tokenFailure('invalid_target', 'resource and audience name resources, as in shop.');
  }
  const scope = parameters.get('scope');
  const actions = scope === undefined ? undefined : readScope(scope);
  if (scope !== undefined && !actions) {
    return tokenFailure('invalid_scope', `scope names actions, of ${allVerbs.join(', ')}.`);
  }
  const asked = { ...(targets.length > 0 && { resources: unique(targets) }), ...(actions && { actions }) };
  return { ok: true, request: { subject, actor, asked } };
}

function givenToken(parameters: TokenForm['parameters'], role: 'subject' | 'actor'): GivenToken | 'wrong' | undefined {
  const token = parameters.get(`${role}_token`);
  const named = parameters.get(`${role}_token_type`);
  if (token === undefined && named === undefined) return undefined;
  const type = tokenTypes.find((name) => `${typePrefix}${name}` === named);
  return token === undefined || type === undefined ? 'wrong' : { token, type };
}

/** RFC 6749 §3.3: separated by single spaces. */
function readScope(scope: string): string[] | undefined {
  const names = unique(scope.split(' '));
  return names.every((name) => allVerbs.some((verb) => verb === name)) ? names : undefined;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
