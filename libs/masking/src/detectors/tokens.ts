import type { ByteClass } from './byte-classes.js';
import {
  alphanumeric,
  base64Url,
  byteClass,
  digit,
  endOfRun,
  isAt,
  letter,
  reads,
  upperOrDigit,
} from './byte-classes.js';
import type { Detector, OpenEnd } from './detector.js';

const runOf = (members: ByteClass): OpenEnd => ({
  close(text, from, limit) {
    const end = endOfRun(text, from, limit, members);
    return end < limit ? end : -1;
  },
});

const tokenRun = runOf(byteClass('-A-Za-z0-9_.'));
/** Bytes. A longer header is taken for one without seeing its end. */
const maxHeader = 500;
const minHeader = 10;

/** JOSE compact serialisations (RFC 7515, 7516): `eyJ`, which is `{"` in base64url, up to the end of the third or fifth part. */
export const jwt: Detector = {
  triggers: 'J',
  find(text, low, at, high, finding) {
    const start = at - 2;
    if (start < low || text[start] !== 0x65 || text[start + 1] !== 0x79) return false;
    if (isAt(text, low, start - 1, high, base64Url)) return false;
    const end = endOfRun(text, at, Math.min(high, start + maxHeader), base64Url);
    if (end - start < maxHeader) {
      if (end - start < minHeader || text[end] !== 0x2e || end + 1 >= high) return false;
      if (!isAt(text, low, end + 1, high, base64Url) && text[end + 1] !== 0x2e) return false;
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
  find(text, low, at, high, finding) {
    if (at + bearer.length >= high || isAt(text, low, at - 1, high, alphanumeric)) return false;
    for (let index = 1; index < bearer.length; index += 1) {
      if ((text[at + index]! | 0x20) !== bearer.charCodeAt(index)) return false;
    }
    const word = at + bearer.length;
    const start = endOfRun(text, word, Math.min(high, word + maxBlanks), blank);
    const end = endOfRun(text, start, Math.min(high, start + longToken), token68);
    if (start === word || end - start < shortToken) return false;
    if (end - start < longToken && !hasDigit(text, start, end)) return false;
    finding.start = start;
    finding.end = end;
    finding.open = token68Run;
    return true;
  },
};

function hasDigit(text: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (digit[text[at]!] === 1) return true;
  return false;
}

const awsKinds = ['AKIA', 'ASIA', 'ABIA', 'ACCA'];
const awsLength = 20;

/** Ids of AWS access keys, long-lived and temporary. */
export const awsAccessKey: Detector = {
  triggers: 'A',
  find(text, low, at, high, finding) {
    if (!awsKinds.some((kind) => reads(text, at, high, kind)) || isAt(text, low, at - 1, high, alphanumeric))
      return false;
    const end = endOfRun(text, at, Math.min(high, at + awsLength + 1), upperOrDigit);
    if (end - at !== awsLength || isAt(text, low, end, high, alphanumeric)) return false;
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
  find(text, low, at, high, finding) {
    const fine = at - 10 >= low && reads(text, at - 10, high, fineGrained);
    const start = at - (fine ? 10 : 3);
    if (!fine) {
      const short = start >= low && text[start] === 0x67 && text[start + 1] === 0x68;
      if (!short || githubLetters[text[start + 2]!] === 0) return false;
    }
    const end = endOfRun(text, at + 1, Math.min(high, at + 1 + minGithub), githubBody);
    if (end - at - 1 < minGithub || isAt(text, low, start - 1, high, alphanumeric)) return false;
    finding.start = start;
    finding.end = end;
    finding.open = githubRun;
    return true;
  },
};

const slackBody = byteClass('-A-Za-z0-9.');
const slackRun = runOf(slackBody);
const slackKinds = byteClass('abceoprs');
const minSlack = 10;
const slackHook = '.slack.com/services/';
const hookRun = runOf(byteClass('-A-Za-z0-9_/'));

/** Slack's tokens, `xoxb-` and its siblings and `xapp-`, and the addresses of its incoming webhooks. */
export const slackToken: Detector = {
  triggers: '-.',
  find(text, low, at, high, finding) {
    if (text[at] === 0x2e) {
      if (!reads(text, at, high, slackHook)) return false;
      finding.start = at + slackHook.length;
      finding.end = finding.start;
      finding.open = hookRun;
      return isAt(text, low, finding.start, high, letter);
    }
    const start = at - 4;
    if (start < low || text[start] !== 0x78) return false;
    const bot = text[start + 1] === 0x6f && text[start + 2] === 0x78 && slackKinds[text[start + 3]!] === 1;
    if (!bot && !reads(text, start, high, 'xapp')) return false;
    const end = endOfRun(text, at + 1, Math.min(high, at + 1 + minSlack), slackBody);
    if (end - at - 1 < minSlack || isAt(text, low, start - 1, high, alphanumeric)) return false;
    finding.start = start;
    finding.end = end;
    finding.open = slackRun;
    return true;
  },
};
