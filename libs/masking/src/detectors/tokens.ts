import type { ByteClass } from './byte-classes.js';
import { alphanumeric, base64Url, byteClass, digit, letter, upperOrDigit } from './byte-classes.js';
import type { Detector, OpenEnd } from './detector.js';
import type { Stretch } from './stretch.js';
import { endOfRun, isAt, reads } from './stretch.js';

const runOf = (members: ByteClass): OpenEnd => ({
  close(text, from) {
    const end = endOfRun(text, from, members);
    return end < text.high ? end : -1;
  },
});

const dot = byteClass('.');
const tokenRun = runOf(byteClass('-A-Za-z0-9_.'));
/** Bytes. A longer header is taken for one without seeing its end. */
const maxHeader = 500;
const minHeader = 10;

/** JOSE compact serialisations (RFC 7515, 7516): `eyJ`, which is `{"` in base64url, up to the end of the third or fifth part. */
export const jwt: Detector = {
  triggers: 'J',
  find(text, at, finding) {
    const start = at - 2;
    if (start < text.low || text.bytes[start] !== 0x65 || text.bytes[start + 1] !== 0x79) return false;
    if (isAt(text, start - 1, base64Url)) return false;
    const end = endOfRun(text, at, base64Url, maxHeader - 2);
    if (end - start < maxHeader) {
      if (end - start < minHeader || !isAt(text, end, dot)) return false;
      if (!isAt(text, end + 1, base64Url) && !isAt(text, end + 1, dot)) return false;
    }
    finding.start = start;
    finding.end = end;
    finding.open = tokenRun;
    return true;
  },
};

const bearer = 'bearer';
const blank = byteClass(' \t');
const token68 = byteClass('-A-Za-z0-9._~+/=');
const token68Run = runOf(token68);
const maxBlanks = 8;
/** What is certainly a token, and what is one when a digit is in it. Bytes. */
const longToken = 24;
const shortToken = 8;

/** The token of `Bearer TOKEN` (RFC 6750 section 2.1); the word stays. */
export const bearerToken: Detector = {
  triggers: 'bB',
  find(text, at, finding) {
    if (isAt(text, at - 1, alphanumeric)) return false;
    for (let index = 1; index < bearer.length; index += 1) {
      if ((text.bytes[at + index]! | 0x20) !== bearer.charCodeAt(index)) return false;
    }
    const word = at + bearer.length;
    const start = endOfRun(text, word, blank, maxBlanks);
    const end = endOfRun(text, start, token68, longToken);
    if (start === word || end - start < shortToken) return false;
    if (end - start < longToken && !hasDigit(text, start, end)) return false;
    finding.start = start;
    finding.end = end;
    finding.open = token68Run;
    return true;
  },
};

function hasDigit(text: Stretch, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (digit[text.bytes[at]!] === 1) return true;
  return false;
}

const awsKinds = ['AKIA', 'ASIA', 'ABIA', 'ACCA'];
const awsLength = 20;

/** Ids of AWS access keys, long-lived and temporary. */
export const awsAccessKey: Detector = {
  triggers: 'A',
  find(text, at, finding) {
    if (!awsKinds.some((kind) => reads(text, at, kind)) || isAt(text, at - 1, alphanumeric)) return false;
    const end = endOfRun(text, at, upperOrDigit, awsLength + 1);
    if (end - at !== awsLength || isAt(text, end, alphanumeric)) return false;
    finding.start = at;
    finding.end = end;
    return true;
  },
};

const githubLetters = byteClass('oprsu');
const githubBody = byteClass('A-Za-z0-9_');
const githubRun = runOf(githubBody);
const fineGrained = 'github_pat_';
const minGithub = 30;

/** GitHub's tokens: `ghp_` and its siblings, and `github_pat_`. */
export const githubToken: Detector = {
  triggers: '_',
  find(text, at, finding) {
    const fine = reads(text, at - 10, fineGrained);
    const start = at - (fine ? 10 : 3);
    if (!fine) {
      const short = reads(text, start, 'gh');
      if (!short || githubLetters[text.bytes[start + 2]!] === 0) return false;
    }
    const end = endOfRun(text, at + 1, githubBody, minGithub);
    if (end - at - 1 < minGithub || isAt(text, start - 1, alphanumeric)) return false;
    finding.start = start;
    finding.end = end;
    finding.open = githubRun;
    return true;
  },
};

const slackBody = byteClass('-A-Za-z0-9.');
const slackRun = runOf(slackBody);
const byteX = byteClass('x');
const slackKinds = byteClass('abceoprs');
const minSlack = 10;
const slackHook = '.slack.com/services/';
const hookRun = runOf(byteClass('-A-Za-z0-9_/'));

/** Slack's tokens, `xoxb-` and its siblings and `xapp-`, and the addresses of its incoming webhooks. */
export const slackToken: Detector = {
  triggers: '-.',
  find(text, at, finding) {
    if (text.bytes[at] === 0x2e) {
      if (!reads(text, at, slackHook)) return false;
      finding.start = at + slackHook.length;
      finding.end = finding.start;
      finding.open = hookRun;
      return isAt(text, finding.start, letter);
    }
    const start = at - 4;
    if (!isAt(text, start, byteX)) return false;
    const bot =
      text.bytes[start + 1] === 0x6f && text.bytes[start + 2] === 0x78 && slackKinds[text.bytes[start + 3]!] === 1;
    if (!bot && !reads(text, start, 'xapp')) return false;
    const end = endOfRun(text, at + 1, slackBody, minSlack);
    if (end - at - 1 < minSlack || isAt(text, start - 1, alphanumeric)) return false;
    finding.start = start;
    finding.end = end;
    finding.open = slackRun;
    return true;
  },
};
