import type { Preset } from './preset.js';

/**
 * Google accounts and service accounts (cloud.google.com, "Verify the identity token of a Compute Engine VM";
 * developers.google.com, "OpenID Connect"). `sub` is the account's unique id, never used again; addresses are.
 */
export const google: Preset = {
  algorithms: ['RS256'],
  types: ['', 'jwt'],
  people: true,
  // Not `azp`: of a person's token it is the application they used, which others use too.
  identifiedBy: [['sub']],
  anchors: ['sub'],
  texts: ['sub', 'azp', 'email', 'hd'],
  isGenuine: (claims) => /^\d{1,30}$/.test(String(claims['sub'])),
  ruleFaults(rule) {
    if (!Object.hasOwn(rule.claims, 'hd') || rule.claims['email_verified'] === true) return [];
    return [{ path: 'hd', reason: 'counts only together with email_verified: true' }];
  },
};
