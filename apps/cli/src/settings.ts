import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CliError, exitCodes } from './exit-codes.js';
import { readUpFile } from './local/up-file.js';

/** The options that every command takes. */
export interface GlobalOptions {
  readonly api?: string;
  readonly token?: string;
  readonly ca?: string;
  readonly data?: string;
  /** Whose login, where several people sign in on one machine. */
  readonly profile?: string;
  readonly json?: boolean;
}

export interface ApiSettings {
  readonly api: string;
  /** As given by option or environment. */
  readonly token: string | undefined;
  /** The administrator's key of a local `sallyport up`, for its own API alone. */
  readonly localToken: string | undefined;
  /** PEM text. */
  readonly ca: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `--profile`, else SALLYPORT_PROFILE; undefined is the one login that most machines have. Throws CliError. */
export function profileOf(options: Pick<GlobalOptions, 'profile'>, env: Environment = process.env): string | undefined {
  const name = options.profile || env['SALLYPORT_PROFILE'] || undefined;
  if (name !== undefined && !/^[\w.@-]{1,64}$/.test(name))
    throw new CliError(`not a profile's name: ${name}`, exitCodes.usage);
  return name;
}

/** Where `sallyport up` keeps everything: `--data`, else SALLYPORT_DATA, else ~/.sallyport. */
export function dataDirectory(options: Pick<GlobalOptions, 'data'>, env: Environment = process.env): string {
  return path.resolve(options.data || env['SALLYPORT_DATA'] || path.join(os.homedir(), '.sallyport'));
}

/** Options first, then the environment, then what a local `sallyport up` wrote. Throws CliError. */
export function apiSettings(options: GlobalOptions, env: Environment = process.env): ApiSettings {
  const api = options.api || env['SALLYPORT_API'] || undefined;
  if (api !== undefined && !URL.canParse(api)) throw new CliError(`not an address: ${api}`, exitCodes.usage);
  const token = options.token || env['SALLYPORT_TOKEN'] || undefined;
  const caFile = options.ca || env['SALLYPORT_CA'];
  const data = dataDirectory(options, env);
  const local = readUpFile(data);
  // The local administrator's token is for the local API alone: another address needs its own.
  const own = local && (api === undefined || new URL(api).origin === new URL(local.api).origin) ? local : undefined;
  const address = api ?? own?.api;
  if (!address) {
    throw new CliError(
      `no API known: give --api URL, set SALLYPORT_API, or run \`sallyport up\` (no ${path.join(data, 'up.json')})`,
      exitCodes.usage,
    );
  }
  // Whoever asks to be somebody is not made the administrator instead.
  const localToken = profileOf(options, env) === undefined ? own?.adminToken : undefined;
  return { api: address, token, localToken, ca: readCa(caFile ?? own?.ca) };
}

function readCa(file: string | undefined): string | undefined {
  if (file === undefined || file === '') return undefined;
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(`cannot read the authority's certificate: ${(error as Error).message}`, exitCodes.usage);
  }
}
