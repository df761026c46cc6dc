import { claimValue } from '../claims/claim-value.js';
import type { Preset } from './preset.js';

/**
 * Jobs of Buildkite (buildkite.com/docs, "OIDC in Buildkite Pipelines"). All organisations share one issuer. The ids are
 * there when the job asks for them: `buildkite-agent oidc request-token --claim organization_id`.
 */
export const buildkite: Preset = {
  algorithms: ['RS256'],
  types: ['', 'jwt'],
  people: false,
  identifiedBy: [['pipeline_id'], ['organization_id'], ['organization_slug', 'pipeline_slug'], ['sub']],
  anchors: ['pipeline_id', 'organization_id'],
  texts: ['sub', 'organization_id', 'organization_slug', 'pipeline_id', 'pipeline_slug', 'build_branch'],
  isGenuine(claims) {
    const organization = claimValue(claims, 'organization_slug');
    const pipeline = claimValue(claims, 'pipeline_slug');
    if (typeof organization !== 'string' || typeof pipeline !== 'string') return false;
    return String(claims['sub']).startsWith(`organization:${organization}:pipeline:${pipeline}:`);
  },
};
