import type { ApiCollection, Principal } from '@sallyport/domain';
import type { ApiObject, ApiVerb } from '@sallyport/policy';
import type { CallerIdentity } from './caller.js';

/**
 * The API's own authorisation: may this caller do this to that collection, or to one object of it? Of a bare principal
 * nothing is known but who it is; where a rule reads more, the answer is no.
 */
export type ApiJudge = (
  who: CallerIdentity | Principal,
  verb: ApiVerb,
  collection: ApiCollection,
  object?: ApiObject,
) => boolean;
export const API_JUDGE = Symbol('ApiJudge');

/** Where the rules come from: the built-in ones, and those that administrators wrote as policies. */
export interface ApiRules {
  /** Makes sure that what follows is judged under the newest rules. */
  refresh(): Promise<void>;
  readonly judge: ApiJudge;
  /** False where no rule could permit it, whatever the object: enough to refuse before the object is known. */
  mayPermit(who: CallerIdentity, verb: ApiVerb, collection: ApiCollection): boolean;
}
export const API_RULES = Symbol('ApiRules');
