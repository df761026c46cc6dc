import { z } from 'zod';
import type { ApiRoute } from '../route.js';
import {
  scimError,
  scimGroup,
  scimListOf,
  scimMediaType,
  scimPatch,
  scimQuery,
  scimUser,
  scimUserInput,
} from '../scim.js';

const base = '/scim/v2/{provider}';
const tag = 'scim';
const type = scimMediaType;
const types = [scimMediaType, 'application/json'] as const;
const anything = z.record(z.string(), z.unknown());
const user = { status: 200, description: 'The user.', schema: scimUser, type } as const;
const refused = { status: 200, description: 'Never: always 501.', schema: scimGroup, type } as const;

const discovery: readonly ApiRoute[] = (['ServiceProviderConfig', 'ResourceTypes', 'Schemas'] as const).map((name) => ({
  method: 'get',
  path: `${base}/${name}`,
  id: `scim${name}`,
  summary: `What this server offers of SCIM: ${name} (RFC 7644 §4).`,
  tag,
  success: { status: 200, description: 'As RFC 7643 §5-7 shape it.', schema: anything, type },
}));

const users: readonly ApiRoute[] = [
  {
    method: 'get',
    path: `${base}/Users`,
    id: 'scimListUsers',
    summary: 'People whom this provider knows; filter by userName or externalId.',
    tag,
    query: scimQuery,
    success: { status: 200, description: 'One page.', schema: scimListOf(scimUser), type },
  },
  {
    method: 'post',
    path: `${base}/Users`,
    id: 'scimCreateUser',
    summary: 'Make a person known, or take over one who has signed in already.',
    tag,
    body: { schema: scimUserInput, types },
    success: { ...user, status: 201 },
  },
  {
    method: 'get',
    path: `${base}/Users/{id}`,
    id: 'scimGetUser',
    summary: 'Read a person.',
    tag,
    versioned: true,
    success: user,
  },
  {
    method: 'put',
    path: `${base}/Users/{id}`,
    id: 'scimReplaceUser',
    summary: 'Replace a person.',
    tag,
    versioned: true,
    body: { schema: scimUserInput, types },
    success: user,
  },
  {
    method: 'patch',
    path: `${base}/Users/{id}`,
    id: 'scimPatchUser',
    summary: 'Change a person; active: false ends their logins and sessions.',
    tag,
    versioned: true,
    body: { schema: scimPatch, types },
    success: user,
  },
  {
    method: 'delete',
    path: `${base}/Users/{id}`,
    id: 'scimDeleteUser',
    summary: 'Disable a person and stop showing them to the directory.',
    tag,
    versioned: true,
    success: { status: 204, description: 'Gone.' },
  },
];

const groups: readonly ApiRoute[] = [
  {
    method: 'get',
    path: `${base}/Groups`,
    id: 'scimListGroups',
    summary: 'Groups, with the members whom this provider knows.',
    tag,
    query: scimQuery,
    success: { status: 200, description: 'One page.', schema: scimListOf(scimGroup), type },
  },
  {
    method: 'get',
    path: `${base}/Groups/{id}`,
    id: 'scimGetGroup',
    summary: 'Read a group.',
    tag,
    success: { status: 200, description: 'The group.', schema: scimGroup, type },
  },
  { method: 'post', path: `${base}/Groups`, id: 'scimCreateGroup', summary: writes(), tag, success: refused },
  { method: 'put', path: `${base}/Groups/{id}`, id: 'scimReplaceGroup', summary: writes(), tag, success: refused },
  { method: 'patch', path: `${base}/Groups/{id}`, id: 'scimPatchGroup', summary: writes(), tag, success: refused },
  { method: 'delete', path: `${base}/Groups/{id}`, id: 'scimDeleteGroup', summary: writes(), tag, success: refused },
];

function writes(): string {
  return 'Refused with 501: groups are declared here, and follow the directory by its claims.';
}

const failure = { schema: scimError, type } as const;

export const scimRoutes: readonly ApiRoute[] = [...discovery, ...users, ...groups].map((route) => ({
  ...route,
  failure,
}));
