import { Body, Controller, Put, Query } from '@nestjs/common';
import type { ManifestQuery, ManifestResult } from '@sallyport/api-contract';
import { manifestQuery } from '@sallyport/api-contract';
import { Authorize } from '../../platform/auth/authorize.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { Caller } from '../../platform/auth/caller.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import { ManifestsService } from './manifests.service.js';
import { parseJsonManifests, parseYamlManifests } from './parse-manifests.js';

@Controller('v1/manifests')
export class ManifestsController {
  constructor(private readonly manifests: ManifestsService) {}

  /** The server's body parsers leave YAML as text and JSON as values; anything else has no body. */
  @Put()
  @Authorize('update', 'manifests')
  apply(
    @Caller() caller: CallerIdentity,
    @Query(new ZodPipe(manifestQuery)) query: ManifestQuery,
    @Body() body: unknown,
  ): Promise<ManifestResult> {
    if (body === undefined) {
      throw new ProblemError(415, 'unsupported-media-type', 'Send application/yaml or application/json.');
    }
    const parsed = typeof body === 'string' ? parseYamlManifests(body) : parseJsonManifests(body);
    return this.manifests.apply(caller, parsed, query);
  }
}
