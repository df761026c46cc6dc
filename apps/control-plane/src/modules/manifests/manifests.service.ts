import { Injectable } from '@nestjs/common';
import type { ManifestError, ManifestQuery, ManifestResult } from '@sallyport/api-contract';
import { ProblemError } from '../../platform/http/problem-error.js';
import type { Actor } from '../../platform/auth/actor.js';
import type { Configuration } from '../configuration/configuration.js';
import { objectKey } from '../configuration/configuration.js';
import { ConfigurationService } from '../configuration/configuration.service.js';
import type { Edit } from '../configuration/edit.js';
import { InvalidConfiguration } from '../configuration/edit.js';
import type { ManifestDocument, ParsedManifests } from './parse-manifests.js';

/** Applies what people keep in files: all of it, or none. */
@Injectable()
export class ManifestsService {
  constructor(private readonly configuration: ConfigurationService) {}

  async apply(actor: Actor, parsed: ParsedManifests, { dryRun, prune }: ManifestQuery): Promise<ManifestResult> {
    if (!parsed.ok) throw invalid(parsed.errors);
    const { documents } = parsed;
    const edits = (current: Configuration): Edit[] => [
      ...documents.map(({ manifest }): Edit => ({ op: 'put', mode: 'apply', origin: 'manifest', manifest })),
      ...(prune ? deletions(current, documents) : []),
    ];
    try {
      const { revision, changes } = await this.configuration.change({ actor, edits, dryRun });
      return { dryRun, revision, changes: changes.map(({ kind, name, change }) => ({ kind, name, change })) };
    } catch (error) {
      if (error instanceof InvalidConfiguration) throw invalid(locate(error, documents));
      throw error;
    }
  }
}

/** What manifests declared before and these do not. What was made through the API stays. */
function deletions(current: Configuration, documents: readonly ManifestDocument[]): Edit[] {
  const declared = new Set(documents.map(({ manifest }) => objectKey(manifest.kind, manifest.name)));
  return current
    .all()
    .filter(({ kind, name, origin }) => origin === 'manifest' && !declared.has(objectKey(kind, name)))
    .map(({ kind, name }) => ({ op: 'delete', kind, name }));
}

function locate(error: InvalidConfiguration, documents: readonly ManifestDocument[]): ManifestError[] {
  return error.issues.map(({ kind, name, path, reason }) => {
    // The last: where a name is declared twice, the second is the one to look at.
    const at = documents.findLast(({ manifest }) => manifest.kind === kind && manifest.name === name);
    return at ? { document: at.document, path, reason } : { document: 0, path, reason: `${kind} ${name}: ${reason}` };
  });
}

function invalid(errors: readonly ManifestError[]): ProblemError {
  return new ProblemError(422, 'manifest-invalid', 'The manifests are invalid; nothing was changed.', { errors });
}
