/** RFC 7644 §3.12, table 9. */
export type ScimType =
  'invalidFilter' | 'uniqueness' | 'mutability' | 'invalidSyntax' | 'invalidPath' | 'noTarget' | 'invalidValue';

/** A refusal in the words of SCIM. */
export class ScimError extends Error {
  override readonly name = 'ScimError';
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly scimType?: ScimType,
  ) {
    super(detail);
  }
}

export function noSuch(what: string, id: string): ScimError {
  return new ScimError(404, `There is no ${what} ${id} for this provider.`);
}
