import type { Principal } from '@sallyport/domain';
import type { ApiVerb } from '@sallyport/policy';

/** The API's own authorisation: may this principal do this to that collection? */
export type ApiJudge = (principal: Principal, verb: ApiVerb, collection: string) => boolean;
export const API_JUDGE = Symbol('ApiJudge');
