import {
  accessRequest,
  accessRequestPage,
  accessRequestQuery,
  extendBody,
  newAccessRequest,
  withdrawBody,
} from '../access-requests.js';
import { approveBody, denyBody } from '../approvals.js';
import { grant, grantPage, grantQuery } from '../grants.js';
import { newRole, role, rolePage, roleSpec } from '../role.js';
import type { ApiRoute } from '../route.js';
import { collectionRoutes } from './collection-routes.js';

const requests = '/v1/access-requests';
const requestNow = { status: 200, description: 'The request as it stands now.', schema: accessRequest } as const;

const accessRequestRoutes: readonly ApiRoute[] = [
  {
    method: 'get',
    path: requests,
    id: 'listAccessRequests',
    summary: 'List what one asked for or may decide: emergencies first, then newest first.',
    tag: 'access-requests',
    query: accessRequestQuery,
    success: { status: 200, description: 'One page.', schema: accessRequestPage },
  },
  {
    method: 'post',
    path: requests,
    id: 'createAccessRequest',
    summary: 'Ask for a role on some resources for a while.',
    tag: 'access-requests',
    body: { schema: newAccessRequest },
    success: { status: 201, description: 'The request.', schema: accessRequest },
  },
  {
    method: 'get',
    path: `${requests}/{id}`,
    id: 'getAccessRequest',
    summary: 'Read a request.',
    tag: 'access-requests',
    success: { status: 200, description: 'The request.', schema: accessRequest },
  },
  {
    method: 'post',
    path: `${requests}/{id}/approve`,
    id: 'approveAccessRequest',
    summary: 'Approve it; the time granted starts with the deciding approval.',
    tag: 'access-requests',
    body: { schema: approveBody },
    success: requestNow,
  },
  {
    method: 'post',
    path: `${requests}/{id}/deny`,
    id: 'denyAccessRequest',
    summary: 'Deny it, saying why.',
    tag: 'access-requests',
    body: { schema: denyBody },
    success: requestNow,
  },
  {
    method: 'post',
    path: `${requests}/{id}/withdraw`,
    id: 'withdrawAccessRequest',
    summary: 'Take back what one asked for.',
    tag: 'access-requests',
    body: { schema: withdrawBody },
    success: requestNow,
  },
  {
    method: 'post',
    path: `${requests}/{id}/extend`,
    id: 'extendAccessRequest',
    summary: 'Ask for more time for the grant that came of it.',
    tag: 'access-requests',
    body: { schema: extendBody },
    success: { status: 201, description: 'The new request.', schema: accessRequest },
  },
];

const grants: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/v1/grants',
    id: 'listGrants',
    summary: "List one's own, or all where one may: emergencies first, then newest first.",
    tag: 'grants',
    query: grantQuery,
    success: { status: 200, description: 'One page.', schema: grantPage },
  },
  {
    method: 'get',
    path: '/v1/grants/{id}',
    id: 'getGrant',
    summary: 'Read a grant.',
    tag: 'grants',
    success: { status: 200, description: 'The grant.', schema: grant },
  },
  {
    method: 'delete',
    path: '/v1/grants/{id}',
    id: 'deleteGrant',
    summary: 'End a grant now.',
    tag: 'grants',
    success: { status: 204, description: 'Ended.' },
  },
];

export const grantRoutes: readonly ApiRoute[] = [
  ...collectionRoutes({
    path: 'roles',
    noun: 'Role',
    words: 'role',
    item: role,
    page: rolePage,
    create: newRole,
    update: { method: 'put', schema: roleSpec },
  }),
  ...accessRequestRoutes,
  ...grants,
];
