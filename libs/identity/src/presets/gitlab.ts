import { claimValue } from '../claims/claim-value.js';
import type { Preset } from './preset.js';

/**
 * Jobs of GitLab CI/CD (docs.gitlab.com, "OpenID Connect (OIDC) Authentication Using ID Tokens"). All values are text,
 * also ids and `ref_protected`. Paths can be given up and taken by somebody else; ids cannot.
 */
export const gitlab: Preset = {
  algorithms: ['RS256'],
  types: ['', 'jwt'],
  people: false,
  identifiedBy: [['project_id'], ['namespace_id']],
  anchors: ['project_id', 'namespace_id'],
  texts: [
    'sub',
    'project_id',
    'project_path',
    'namespace_id',
    'namespace_path',
    'job_project_id',
    'ref',
    'ref_type',
    'ref_path',
    'ref_protected',
    'environment',
    'environment_protected',
    'pipeline_source',
  ],
  // Merge requests run what their authors wrote, from forks too.
  guards: [{ claim: 'pipeline_source', values: ['merge_request_event', 'external_pull_request_event'] }],
  isGenuine: (claims) =>
    ['project_id', 'namespace_id'].every((name) => /^\d+$/.test(text(claimValue(claims, name)))) &&
    text(claimValue(claims, 'pipeline_source')) !== '',
};

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
