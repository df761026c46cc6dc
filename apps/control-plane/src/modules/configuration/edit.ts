import type { Manifest, ManifestKind } from '@sallyport/api-contract';
import type { Origin } from './configuration.js';

/** One wish of a caller. */
export type Edit =
  | {
      readonly op: 'put';
      readonly manifest: Manifest;
      readonly origin: Origin;
      /** `create` refuses what exists, `replace` what does not, `apply` neither. */
      readonly mode: 'create' | 'replace' | 'apply';
      readonly ifMatch?: string;
    }
  | { readonly op: 'delete'; readonly kind: ManifestKind; readonly name: string; readonly ifMatch?: string };

/** Something wrong with one object of a change. */
export interface ObjectIssue {
  readonly kind: ManifestKind;
  readonly name: string;
  /** Within the object's document, e.g. `spec.cedar`. */
  readonly path: string;
  readonly reason: string;
}

/** The change as a whole is refused; nothing of it was done. */
export class InvalidConfiguration extends Error {
  override readonly name = 'InvalidConfiguration';
  constructor(readonly issues: readonly ObjectIssue[]) {
    super(issues.map((issue) => `${issue.kind} ${issue.name}: ${issue.reason}`).join('; '));
  }
}
