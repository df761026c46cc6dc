import type { z } from 'zod';
import { listQuery } from '../names.js';
import type { ApiRoute } from '../route.js';

/** A collection of declared objects, by name. */
export interface Collection {
  readonly path: string;
  /** `Resource`, as operation ids spell it. */
  readonly noun: string;
  readonly words: string;
  readonly item: z.ZodType;
  readonly page: z.ZodType;
  readonly create: z.ZodType;
  readonly update: { readonly method: 'put' | 'patch'; readonly schema: z.ZodType };
}

export function collectionRoutes(of: Collection): ApiRoute[] {
  const root = `/v1/${of.path}`;
  const one = `${root}/{name}`;
  const tag = of.path;
  const answer = { status: 200, description: `The ${of.words}.`, schema: of.item } as const;
  return [
    {
      method: 'get',
      path: root,
      id: `list${of.noun}s`,
      summary: `List, by name.`,
      tag,
      query: listQuery,
      success: { status: 200, description: 'One page.', schema: of.page },
    },
    {
      method: 'post',
      path: root,
      id: `create${of.noun}`,
      summary: `Create a ${of.words}.`,
      tag,
      body: { schema: of.create },
      success: { status: 201, description: `The new ${of.words}.`, schema: of.item },
    },
    {
      method: 'get',
      path: one,
      id: `get${of.noun}`,
      summary: `Read a ${of.words}.`,
      tag,
      versioned: true,
      success: answer,
    },
    {
      method: of.update.method,
      path: one,
      id: `update${of.noun}`,
      summary: `Change a ${of.words}.`,
      tag,
      body: { schema: of.update.schema },
      versioned: true,
      success: answer,
    },
    {
      method: 'delete',
      path: one,
      id: `delete${of.noun}`,
      summary: `Delete a ${of.words}.`,
      tag,
      versioned: true,
      success: { status: 204, description: 'Gone.' },
    },
  ];
}
