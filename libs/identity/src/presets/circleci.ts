import { claimValue } from '../claims/claim-value.js';
import type { Preset } from './preset.js';

const projectId = 'oidc.circleci.com/project-id';

/** Jobs of CircleCI (circleci.com/docs, "Using OpenID Connect tokens in jobs"). Each organisation has its own issuer. */
export const circleci: Preset = {
  algorithms: ['RS256'],
  types: ['', 'jwt'],
  people: false,
  identifiedBy: [[projectId], ['sub']],
  anchors: [projectId],
  texts: ['sub', projectId, 'oidc.circleci.com/vcs-origin', 'oidc.circleci.com/vcs-ref'],
  // A person has a shell in such a job.
  guards: [{ claim: 'oidc.circleci.com/ssh-rerun', values: [true, 'true'] }],
  isGenuine(claims, issuer) {
    const project = claimValue(claims, projectId);
    const organization = issuer.split('/').at(-1);
    if (typeof project !== 'string' || !organization) return false;
    return `${String(claims['sub'])}/`.startsWith(`org/${organization}/project/${project}/`);
  },
};
