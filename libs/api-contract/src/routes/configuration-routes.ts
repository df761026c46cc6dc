import { group, groupPage, groupSpec, newGroup } from '../group.js';
import { manifest, manifestQuery, manifestResult } from '../manifest.js';
import { listQuery } from '../names.js';
import { newPolicy, policy, policyPage, policySpec } from '../policy.js';
import { newResource, resource, resourcePage, resourceSpec } from '../resources/resource.js';
import type { ApiRoute } from '../route.js';
import {
  createdKey,
  keyPage,
  keyRotation,
  newKey,
  newServiceAccount,
  rotatedKey,
  serviceAccount,
  serviceAccountPage,
  serviceAccountPatch,
} from '../service-account.js';
import { collectionRoutes } from './collection-routes.js';

const keys = '/v1/service-accounts/{name}/keys';

export const configurationRoutes: readonly ApiRoute[] = [
  ...collectionRoutes({
    path: 'resources',
    noun: 'Resource',
    words: 'resource',
    item: resource,
    page: resourcePage,
    create: newResource,
    update: { method: 'put', schema: resourceSpec },
  }),
  ...collectionRoutes({
    path: 'service-accounts',
    noun: 'ServiceAccount',
    words: 'service account',
    item: serviceAccount,
    page: serviceAccountPage,
    create: newServiceAccount,
    update: { method: 'patch', schema: serviceAccountPatch },
  }),
  ...collectionRoutes({
    path: 'groups',
    noun: 'Group',
    words: 'group',
    item: group,
    page: groupPage,
    create: newGroup,
    update: { method: 'put', schema: groupSpec },
  }),
  ...collectionRoutes({
    path: 'policies',
    noun: 'Policy',
    words: 'policy',
    item: policy,
    page: policyPage,
    create: newPolicy,
    update: { method: 'put', schema: policySpec },
  }).map((route) => (route.id === 'listPolicys' ? { ...route, id: 'listPolicies' } : route)),
  {
    method: 'get',
    path: keys,
    id: 'listKeys',
    summary: 'List the keys of a service account.',
    query: listQuery,
    tag: 'service-accounts',
    success: { status: 200, description: 'One page; never the keys themselves.', schema: keyPage },
  },
  {
    method: 'post',
    path: keys,
    id: 'createKey',
    summary: 'Make a key.',
    body: { schema: newKey },
    tag: 'service-accounts',
    success: { status: 201, description: 'The key, shown this once.', schema: createdKey },
  },
  {
    method: 'post',
    path: `${keys}/{id}/rotate`,
    id: 'rotateKey',
    summary: 'Make a key that replaces this one, which works a while longer.',
    body: { schema: keyRotation },
    tag: 'service-accounts',
    success: { status: 201, description: 'The new key, shown this once.', schema: rotatedKey },
  },
  {
    method: 'delete',
    path: `${keys}/{id}`,
    id: 'deleteKey',
    summary: 'Delete a key and end its sessions.',
    tag: 'service-accounts',
    success: { status: 204, description: 'Gone.' },
  },
  {
    method: 'put',
    path: '/v1/manifests',
    id: 'applyManifests',
    summary: 'Apply manifests, all or none.',
    tag: 'manifests',
    query: manifestQuery,
    body: { schema: manifest, types: ['application/yaml', 'application/json'] },
    success: { status: 200, description: 'What changed.', schema: manifestResult },
  },
];
