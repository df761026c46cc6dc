import { claimValue } from '../claims/claim-value.js';
import type { Claims } from '../issuer-config.js';
import { isProjectedToken, kubernetes, namespaceClaim } from './kubernetes.js';
import type { Preset } from './preset.js';

const account = 'https://sts.amazonaws.com/.aws_account';
const principalId = 'https://sts.amazonaws.com/.principal_id';
const requestTags = 'https://sts.amazonaws.com/.request_tags';
const principalArn = /^arn:aws[a-z-]*:(?:iam|sts)::(\d{12}):\S+$/;

/**
 * IAM principals (docs.aws.amazon.com, "Understanding token claims" of outbound identity federation; one issuer per
 * account) and pods of EKS, whose tokens are those of Kubernetes.
 */
export const aws: Preset = {
  algorithms: ['RS256', 'ES384'],
  types: ['', 'jwt'],
  people: false,
  identifiedBy: [['sub'], [principalId], ...kubernetes.identifiedBy],
  anchors: [account, namespaceClaim],
  texts: ['sub', account, principalId, ...kubernetes.texts],
  isGenuine: (claims) => isIamToken(claims) || isProjectedToken(claims),
  ruleFaults: (rule) =>
    Object.keys(rule.claims)
      .filter((claim) => claim.startsWith(requestTags))
      .map((path) => ({ path, reason: 'is chosen by whoever asks for the token' })),
};

function isIamToken(claims: Claims): boolean {
  const arn = principalArn.exec(String(claims['sub']));
  return arn !== null && claimValue(claims, account) === arn[1];
}
