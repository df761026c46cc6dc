import { claimValue } from '../claims/claim-value.js';
import type { Preset } from './preset.js';
import { exactTexts } from './preset.js';

/**
 * `repo:octo-org@123/octo-repo@456:ref:refs/heads/main`. Names cannot hold `@`, so that no repository can be called
 * what this form calls another; of its predecessor with a hyphen, `octo-org-123`, that was not true.
 */
const immutableSubject = /^repo:[A-Za-z0-9._-]+@(\d+)\/[A-Za-z0-9._-]+@(\d+):/;

/**
 * Jobs of GitHub Actions (docs.github.com, "OpenID Connect reference"). Names of owners and repositories can be given up
 * and taken by somebody else, and `sub` can be given any template: ids identify.
 */
export const githubActions: Preset = {
  algorithms: ['RS256'],
  types: ['', 'jwt'],
  people: false,
  identifiedBy: [['repository_id'], ['repository_owner_id'], ['sub']],
  anchors: ['repository_owner_id'],
  texts: ['sub', 'repository_id', 'repository_owner_id', 'repository', 'repository_owner', 'ref', 'event_name'],
  // Started by whoever opens a pull request, an issue or a comment, some of them with the rights of the default branch.
  guards: [
    {
      claim: 'event_name',
      values: [
        'pull_request',
        'pull_request_target',
        'pull_request_review',
        'pull_request_review_comment',
        'workflow_run',
        'issues',
        'issue_comment',
        'discussion',
        'discussion_comment',
        'fork',
        'watch',
      ],
    },
  ],
  isGenuine(claims) {
    const owner = claimValue(claims, 'repository_owner_id');
    const repository = claimValue(claims, 'repository_id');
    if (!isId(owner) || !isId(repository) || typeof claimValue(claims, 'event_name') !== 'string') return false;
    const ids = immutableSubject.exec(String(claims['sub']));
    return ids === null || (ids[1] === owner && ids[2] === repository);
  },
  ruleFaults(rule) {
    if (exactTexts(rule, 'repository_id') || exactTexts(rule, 'repository_owner_id')) return [];
    const subjects = exactTexts(rule, 'sub');
    if (!subjects || subjects.every((subject) => immutableSubject.test(subject))) return [];
    const reason = 'holds names that another owner may take over: name repository_id or repository_owner_id as well';
    return [{ path: 'sub', reason }];
  },
};

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^\d+$/.test(value);
}
