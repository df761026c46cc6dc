import { approval, approvalPage, approvalQuery, approveBody, denyBody } from '../approvals.js';
import { auditIntegrity, auditIntegrityQuery, auditPage, auditQuery } from '../audit.js';
import { enrolment, enrolmentBody, gateway, gatewayPage } from '../gateways.js';
import type { ApiRoute } from '../route.js';
import { watchEvent, watchQuery } from '../session-watch.js';
import { recordingIndex, sessionDetail, sessionPage, sessionQuery, terminateBody } from '../sessions.js';

const approvalRoutes: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/v1/approvals',
    id: 'listApprovals',
    summary: 'List, newest first.',
    tag: 'approvals',
    query: approvalQuery,
    success: { status: 200, description: 'One page.', schema: approvalPage },
  },
  {
    method: 'get',
    path: '/v1/approvals/{id}',
    id: 'getApproval',
    summary: 'Read the whole request that waits.',
    tag: 'approvals',
    success: { status: 200, description: 'The approval.', schema: approval },
  },
  {
    method: 'post',
    path: '/v1/approvals/{id}/approve',
    id: 'approve',
    summary: 'Approve it, for one execution of exactly this.',
    tag: 'approvals',
    body: { schema: approveBody },
    success: { status: 200, description: 'The approval as it stands now.', schema: approval },
  },
  {
    method: 'post',
    path: '/v1/approvals/{id}/deny',
    id: 'deny',
    summary: 'Deny it, saying why.',
    tag: 'approvals',
    body: { schema: denyBody },
    success: { status: 200, description: 'The approval as it stands now.', schema: approval },
  },
];

const sessionRoutes: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/v1/sessions',
    id: 'listSessions',
    summary: 'List, newest first.',
    tag: 'sessions',
    query: sessionQuery,
    success: { status: 200, description: 'One page.', schema: sessionPage },
  },
  {
    method: 'get',
    path: '/v1/sessions/{id}',
    id: 'getSession',
    summary: 'Read a session and the state of its recording.',
    tag: 'sessions',
    success: { status: 200, description: 'The session.', schema: sessionDetail },
  },
  {
    method: 'post',
    path: '/v1/sessions/{id}/terminate',
    id: 'terminateSession',
    summary: 'End a session now.',
    tag: 'sessions',
    body: { schema: terminateBody },
    success: { status: 202, description: 'The gateway has been told, or will be when it is back.' },
  },
  {
    method: 'get',
    path: '/v1/sessions/{id}/recording',
    id: 'getRecording',
    summary: 'The recording: its stored segments, one after another.',
    tag: 'sessions',
    success: { status: 200, description: 'The recording format.', type: 'application/vnd.sallyport.recording' },
  },
  {
    method: 'get',
    path: '/v1/sessions/{id}/recording/index',
    id: 'getRecordingIndex',
    summary: 'Digests and chain values of the stored segments, to verify a recording with.',
    tag: 'sessions',
    success: { status: 200, description: 'The index.', schema: recordingIndex },
  },
  {
    method: 'get',
    path: '/v1/sessions/{id}/watch',
    id: 'watchSession',
    summary: 'Watch a session: its recording so far, and then as it is made, until the session ends.',
    tag: 'sessions',
    query: watchQuery,
    success: {
      status: 200,
      description: 'One JSON object a line.',
      schema: watchEvent,
      type: 'application/x-ndjson',
    },
  },
];

const gatewayRoutes: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/v1/gateways',
    id: 'listGateways',
    summary: 'List, by name.',
    tag: 'gateways',
    success: { status: 200, description: 'All of them.', schema: gatewayPage },
  },
  {
    method: 'get',
    path: '/v1/gateways/{name}',
    id: 'getGateway',
    summary: 'Read a gateway.',
    tag: 'gateways',
    success: { status: 200, description: 'The gateway.', schema: gateway },
  },
  {
    method: 'delete',
    path: '/v1/gateways/{name}',
    id: 'deleteGateway',
    summary: 'Revoke a gateway: its connection is cut and its credential refused.',
    tag: 'gateways',
    success: { status: 204, description: 'Gone.' },
  },
  {
    method: 'post',
    path: '/v1/gateways/enrolments',
    id: 'createEnrolment',
    summary: 'Make a one-time token that enrols a gateway of this name.',
    tag: 'gateways',
    body: { schema: enrolmentBody },
    success: { status: 201, description: 'The token, shown this once.', schema: enrolment },
  },
];

const auditRoutes: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/v1/audit',
    id: 'listAudit',
    summary: 'List, newest first.',
    tag: 'audit',
    query: auditQuery,
    success: { status: 200, description: 'One page.', schema: auditPage },
  },
  {
    method: 'get',
    path: '/v1/audit/integrity',
    id: 'checkAudit',
    summary: 'Whether the whole chain holds, and still begins with a head that was noted.',
    tag: 'audit',
    query: auditIntegrityQuery,
    success: { status: 200, description: 'What was found.', schema: auditIntegrity },
  },
];

/** What people watch and decide, and the gateways they watch. */
export const oversightRoutes: readonly ApiRoute[] = [
  ...approvalRoutes,
  ...sessionRoutes,
  ...gatewayRoutes,
  ...auditRoutes,
];
