import { SetMetadata } from '@nestjs/common';
import type { ApiCollection } from '@sallyport/domain';
import type { ApiVerb } from '@sallyport/policy';

export type AccessRule =
  | {
      readonly kind: 'authorize';
      readonly verb: ApiVerb;
      readonly collection: ApiCollection;
      /** True: the guard refuses only what no rule could permit, and the handler has the object judged. */
      readonly judgedLater?: boolean;
    }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'public' };

/** Metadata key. A handler without a rule is refused by the guard. */
export const ACCESS_RULE = 'sallyport:access-rule';

/** The caller needs this verb on this collection by the API's own policy. The object's name is all that rules see of it. */
export const Authorize = (verb: ApiVerb, collection: ApiCollection) =>
  SetMetadata(ACCESS_RULE, { kind: 'authorize', verb, collection } satisfies AccessRule);

/**
 * The same for a change that depends on what is stored. The handler hands the caller to who works the change out
 * (ConfigurationService, KeysService), where the object is judged, before and after.
 */
export const AuthorizeChange = (verb: ApiVerb, collection: ApiCollection) =>
  SetMetadata(ACCESS_RULE, { kind: 'authorize', verb, collection, judgedLater: true } satisfies AccessRule);

/** Any valid credential; the handler itself limits what it shows or does to what the caller may. */
export const Authenticated = () => SetMetadata(ACCESS_RULE, { kind: 'authenticated' } satisfies AccessRule);

/** No credential at all. */
export const Public = () => SetMetadata(ACCESS_RULE, { kind: 'public' } satisfies AccessRule);
