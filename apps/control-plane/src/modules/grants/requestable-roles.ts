import type { RequestableRole } from '@sallyport/api-contract';
import type { Principal } from '@sallyport/domain';
import { groupsInForce } from '../approvals/approval-rules.js';
import type { Configuration } from '../configuration/configuration.js';
import { obstacleTo } from './access-request.js';

/** What the principal could ask for now, or take at once. */
export function requestableRoles(configuration: Configuration, principal: Principal): RequestableRole[] {
  const groups = groupsInForce(principal);
  return configuration.list('Role').flatMap(({ name, spec: { description, request } }) => {
    if (!request) return [];
    const terms = { rules: request, isResource: () => true };
    const may = (breakGlass: boolean) =>
      obstacleTo({ groups, breakGlass, resources: [], seconds: 1 }, terms) === undefined;
    if (!may(false) && !may(true)) return [];
    const { resources, maxSeconds, approvers, quorum } = request;
    return [
      {
        ...{ role: name, description, resources: resources ?? null, maxSeconds },
        ...{ approvers: [...approvers], quorum, breakGlass: may(true) },
      },
    ];
  });
}
