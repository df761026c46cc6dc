import type { Preset } from './preset.js';
import { exactTexts } from './preset.js';

/** SPIFFE-ID §2: a trust domain and a path without empty, `.` or `..` segments; no port, user, query or fragment. */
const spiffeId = /^spiffe:\/\/[a-z0-9._-]{1,255}(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+)+$/;
/** The part of a pattern before its first `*` must hold the whole trust domain. */
const withinTrustDomain = /^spiffe:\/\/[a-z0-9._-]{1,255}\/[^*]*/;

/** JWT-SVIDs. The trust domain must be set to put its issuer's URL into them (`jwt_issuer` of SPIRE). */
export const spiffe: Preset = {
  algorithms: ['RS256', 'ES256', 'ES384'],
  // JWT-SVID §2.1.
  permitted: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'],
  // JWT-SVID §2.3.
  types: ['', 'jwt', 'jose'],
  // JWT-SVID §6.1: how keys are marked in a trust bundle.
  keyUses: ['jwt-svid'],
  people: false,
  identifiedBy: [],
  anchors: [],
  texts: ['sub'],
  isGenuine: (claims) => spiffeId.test(String(claims['sub'])),
  ruleFaults(rule) {
    const subjects = exactTexts(rule, 'sub');
    if (subjects?.every((subject) => spiffeId.test(subject))) return [];
    const pattern = Object.hasOwn(rule.claims, 'sub') ? rule.claims['sub'] : undefined;
    const like = typeof pattern === 'object' && 'like' in pattern ? pattern.like : '';
    if (withinTrustDomain.test(like)) return [];
    return [{ path: 'sub', reason: 'must be SPIFFE IDs, or {like} with the whole trust domain: spiffe://DOMAIN/...' }];
  },
};
