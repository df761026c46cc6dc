/** What can be found in text by its form; where a format has a checksum, only what passes it counts. */
export const detectorNames = [
  'email',
  'creditCard',
  'iban',
  'usSsn',
  'phone',
  'ipAddress',
  'jwt',
  'awsAccessKey',
  'privateKey',
  'bearerToken',
  'githubToken',
  'slackToken',
] as const;
export type DetectorName = (typeof detectorNames)[number];
