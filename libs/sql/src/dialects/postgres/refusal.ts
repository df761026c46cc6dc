/** What a name that is not in the catalog was looked up as. The session may read the catalog again and retry once. */
export type MissingName = 'relation' | 'column' | 'function';

/**
 * Ends the analysis of a statement: understood by the grammar, and never forwarded. Thrown inside this library only;
 * the inspector's door turns it into a value.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    message: string,
    readonly missing?: MissingName,
  ) {
    super(message);
  }
}

/** A construct that this library does not know, so it cannot say what it does. */
export function unknownConstruct(name: string): Refusal {
  return new Refusal(`the construct ${name} is not supported`);
}
