import { claimValue } from '../claims/claim-value.js';
import type { Preset } from './preset.js';
import { exactTexts } from './preset.js';

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const changeable = 'can be changed by people other than its owner: name oid';

/**
 * Microsoft Entra ID (learn.microsoft.com, "Access token claims reference"). One issuer is one tenant: `common`,
 * `organizations` and `{tenantid}` stand for whoever has an account anywhere.
 */
export const azure: Preset = {
  algorithms: ['RS256'],
  types: ['', 'jwt', 'at+jwt'],
  people: true,
  // An application's id is also in the tokens of every person who signed in through it, unless `idtyp` says app.
  identifiedBy: [['oid'], ['sub'], ['appid', 'idtyp'], ['azp', 'idtyp']],
  anchors: ['oid', 'sub'],
  texts: ['sub', 'oid', 'tid', 'appid', 'azp', 'idtyp'],
  forbidden: {
    email: changeable,
    upn: changeable,
    preferred_username: changeable,
    unique_name: changeable,
    name: changeable,
  },
  isGenuine(claims, issuer) {
    const tenant = claimValue(claims, 'tid');
    return tenant === tenantOf(issuer) && guid.test(String(claimValue(claims, 'oid')));
  },
  issuerFault: (issuer) =>
    tenantOf(issuer) ? undefined : 'must be the issuer of one tenant, with its id: common and organizations are not',
  ruleFaults(rule) {
    const kinds = exactTexts(rule, 'idtyp');
    if (exactTexts(rule, 'oid') || exactTexts(rule, 'sub') || !kinds || kinds.every((kind) => kind === 'app'))
      return [];
    return [{ path: 'idtyp', reason: 'must be app where only the application is named' }];
  },
};

function tenantOf(issuer: string): string | undefined {
  if (!URL.canParse(issuer)) return undefined;
  return new URL(issuer).pathname.split('/').find((segment) => guid.test(segment));
}
