import type { ByteReader } from '@sallyport/wire-kit';
import { utf8 } from './codec.js';
import { HandshakeRefusal } from './handshake-refusal.js';

/** What a client may set when it connects, in lower case, and how the server spells it. */
const allowed = new Map(
  [
    'application_name',
    'DateStyle',
    'TimeZone',
    'IntervalStyle',
    'extra_float_digits',
    'statement_timeout',
    'lock_timeout',
    'idle_in_transaction_session_timeout',
  ].map((name) => [name.toLowerCase(), name]),
);

export interface StartupParameters {
  /** Names the resource; the user where the client named no database, as the server itself would have it. */
  readonly database: string;
  /** Settings to carry over to the target. */
  readonly settings: ReadonlyMap<string, string>;
  /** Names of `_pq_.` protocol options, none of which is known here. */
  readonly protocolOptions: readonly string[];
}

/**
 * Reads the parameters of a StartupMessage. Only what is listed passes: a setting given here reaches the target before
 * any statement is judged. Throws HandshakeRefusal.
 */
export function readStartupParameters(body: ByteReader): StartupParameters {
  const raw = readPairs(body);
  const settings = new Map<string, string>();
  const protocolOptions: string[] = [];
  for (const [name, value] of raw) {
    if (name === 'user' || name === 'database') continue;
    else if (name.startsWith('_pq_.')) protocolOptions.push(name);
    else if (name === 'replication') refuseReplication(value);
    else if (name === 'options') readOptions(value, settings);
    else addSetting(settings, name, value);
  }
  const user = raw.get('user');
  if (!user) throw new HandshakeRefusal('28000', 'no user name was given');
  return { database: raw.get('database') || user, settings, protocolOptions };
}

function readPairs(body: ByteReader): Map<string, string> {
  const pairs = new Map<string, string>();
  for (;;) {
    const name = utf8(body.terminated());
    if (name === '') break;
    if (pairs.has(name)) throw new HandshakeRefusal('22023', 'a startup parameter was given twice');
    pairs.set(name, utf8(body.terminated()));
  }
  body.done();
  return pairs;
}

function addSetting(settings: Map<string, string>, name: string, value: string): void {
  const lower = name.toLowerCase();
  if (lower === 'client_encoding') return checkEncoding(value);
  const spelled = allowed.get(lower);
  if (spelled === undefined)
    throw new HandshakeRefusal('22023', `startup parameter ${quoted(name)} is not allowed here`);
  settings.set(spelled, value);
}

/** SQL_ASCII asks for no conversion, which is what UTF8 to UTF8 is; the gateway pins UTF8 and reports it. */
function checkEncoding(value: string): void {
  const name = value.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  if (!['utf8', 'unicode', 'sqlascii'].includes(name)) {
    throw new HandshakeRefusal('0A000', 'only the client encoding UTF8 is supported');
  }
}

function refuseReplication(value: string): void {
  if (!['false', 'off', 'no', '0'].includes(value.toLowerCase())) {
    throw new HandshakeRefusal('0A000', 'replication connections are not supported');
  }
}

/** `options` as the server splits it: on white space, a backslash keeps the next character. Only settings are taken. */
function readOptions(text: string, settings: Map<string, string>): void {
  const words = splitOptions(text);
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    let setting: string | undefined;
    if (word === '-c') setting = words[(at += 1)];
    else if (word.startsWith('-c')) setting = word.slice(2);
    else if (word.startsWith('--')) setting = word.slice(2);
    const match = setting === undefined ? null : /^([^=]+)=(.*)$/s.exec(setting);
    if (!match)
      throw new HandshakeRefusal('22023', 'startup parameter "options" may only hold settings: -c name=value');
    addSetting(settings, match[1]!.replaceAll('-', '_'), match[2]!);
  }
}

function splitOptions(text: string): string[] {
  return [...text.matchAll(/(?:\\[^]|[^\s\\])+/g)].map(([word]) => word.replaceAll(/\\([^])/g, '$1'));
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 63));
}
