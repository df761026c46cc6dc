import type { z } from 'zod';

export interface ApiRoute {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As OpenAPI writes it: `/v1/resources/{name}`. */
  readonly path: string;
  /** Unique; the name a generated client gives to the call. */
  readonly id: string;
  readonly summary: string;
  readonly tag: string;
  /** True where no credential is needed. */
  readonly public?: boolean;
  readonly query?: z.ZodObject;
  readonly body?: RouteBody;
  readonly success: RouteAnswer;
  /** `application/problem+json` unless told. */
  readonly failure?: { readonly schema: z.ZodType; readonly type: string };
  /** Members of the object carry an ETag: reads answer it, updates and deletes heed If-Match. */
  readonly versioned?: boolean;
}
export interface RouteBody {
  readonly schema: z.ZodType;
  /** `application/json` unless told. */
  readonly types?: readonly string[];
}
export interface RouteAnswer {
  readonly status: 200 | 201 | 202 | 204 | 303;
  readonly description: string;
  readonly schema?: z.ZodType;
  /** `application/json` unless told. */
  readonly type?: string;
}
