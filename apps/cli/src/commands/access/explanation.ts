import type { ExplainedGroup, ExplainedResource, ExplainedRole, WhoamiExplanation } from '@sallyport/api-contract';
import { printLine, printTable } from '../../output.js';
import { visible } from '../../terminal-text.js';

/** Why the caller is who they are, as text. */
export function printExplanation({ credential, groups, roles, resources, truncated }: WhoamiExplanation): void {
  const ends = credential.endsAt === null ? '' : `, ends ${credential.endsAt}`;
  printLine();
  printLine(visible(`proved by ${credential.kind}${ends}`));
  section(
    'GROUP',
    groups.map(({ group, because }) => [group, because.map(groupText).join('; ') || 'unknown']),
  );
  section(
    'ROLE',
    roles.map((role) => [role.role, whyRole(role)]),
  );
  section(
    'RESOURCE',
    resources.map((one) => [one.resource, actionsText(one)]),
  );
  if (truncated) printLine('there are more resources than are shown');
}

function section(title: string, rows: readonly (readonly string[])[]): void {
  if (rows.length === 0) return;
  printLine();
  printTable([title, 'WHY'], rows);
}

function groupText(because: ExplainedGroup['because'][number]): string {
  switch (because.by) {
    case 'member':
      return `lists ${because.member}`;
    case 'account':
      return `named by the service account ${because.account}`;
    case 'claim':
      return `claim ${because.claim} of ${because.issuer} is ${because.equals}`;
  }
}

function whyRole({ members, grant, resources, until }: ExplainedRole): string {
  if (!grant) return `lists ${members.join(', ')}`;
  const approved = grant.breakGlass ? 'break-glass, without approval' : `approved by ${grant.approvedBy.join(', ')}`;
  const asked = `request ${grant.requestId} of ${grant.requester}`;
  return `on ${(resources ?? []).join(' ')} until ${until ?? '-'}: ${asked}, ${approved}: ${grant.displayReason}`;
}

/** `permit connect select; hold delete`, each with the policies that said so. */
function actionsText({ actions }: ExplainedResource): string {
  const texts = (['permit', 'hold', 'deny'] as const).flatMap((verdict) => {
    const these = actions.filter((one) => one.verdict === verdict);
    if (these.length === 0) return [];
    const policies = new Set(these.flatMap(({ because }) => because.flatMap((reason) => reason.policies)));
    const by = policies.size === 0 ? '' : ` (${[...policies].join(', ')})`;
    return [`${verdict} ${these.map(({ action }) => action).join(' ')}${by}`];
  });
  return texts.join('; ');
}
