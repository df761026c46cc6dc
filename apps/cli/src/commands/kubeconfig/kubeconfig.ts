import fs from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { optionsOf } from '../../command-context.js';
import { CliError, exitCodes } from '../../exit-codes.js';
import { readUpFile } from '../../local/up-file.js';
import { writePrivateFile } from '../../local/private-file.js';
import { printLine } from '../../output.js';
import { apiSettings, dataDirectory, type GlobalOptions } from '../../settings.js';

interface Options {
  readonly gateway?: string;
  readonly gatewayCa?: string;
  readonly keyFile?: string;
  readonly namespace?: string;
  readonly output?: string;
}

export function kubeconfigCommand(): Command {
  return new Command('kubeconfig')
    .description('write what kubectl needs to reach a cluster through the gateway; it asks this command for its token')
    .argument('<resource>', 'name of the cluster as a resource')
    .option('--gateway <url>', 'address of the gateway, such as https://gateway:7444 (that of a local `up`)')
    .option('--gateway-ca <file>', "authority of the gateway's certificate, PEM (the one of --ca)")
    .option('--key-file <file>', 'be the service account whose key is in this file, instead of who signed in')
    .option('--namespace <name>', 'namespace that commands without one mean')
    .option('--output <file>', 'write it there, mode 0600, instead of to standard output')
    .action((resource: string, _options: unknown, command: Command) => {
      const options = optionsOf<Options>(command);
      const text = stringify(kubeconfigFor(resource, options));
      if (options.output === undefined) return printLine(text.trimEnd());
      writePrivateFile(path.resolve(options.output), text);
      printLine(`wrote ${options.output}: kubectl --kubeconfig ${options.output} get pods`);
    });
}

function kubeconfigFor(resource: string, options: GlobalOptions & Options): object {
  if (!/^[a-z0-9]([a-z0-9._@-]{0,126}[a-z0-9])?$/.test(resource)) {
    throw new CliError(`not the name of a resource: ${resource}`, exitCodes.usage);
  }
  const gateway = gatewayAddress(options);
  const ca = options.gatewayCa === undefined ? apiSettings(options).ca : fs.readFileSync(options.gatewayCa, 'utf8');
  const name = `sallyport-${resource}`;
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server: `${gateway}/k8s/${resource}`,
          ...(ca !== undefined && { 'certificate-authority-data': Buffer.from(ca, 'utf8').toString('base64') }),
        },
      },
    ],
    users: [{ name, user: { exec: credentialPlugin(options) } }],
    contexts: [
      {
        name,
        context: {
          cluster: name,
          user: name,
          ...(options.namespace !== undefined && { namespace: options.namespace }),
        },
      },
    ],
    'current-context': name,
  };
}

function gatewayAddress({ gateway, ...global }: GlobalOptions & Options): string {
  const local = readUpFile(dataDirectory(global))?.gateway['https'];
  const address = gateway ?? (local && `https://${local.host}:${local.port}`);
  if (address === undefined) throw new CliError('no gateway known: give --gateway URL', exitCodes.usage);
  const url = URL.parse(address);
  if (url?.protocol !== 'https:' || url.pathname !== '/' || url.search || url.username) {
    throw new CliError(`not the https address of a gateway: ${address}`, exitCodes.usage);
  }
  return url.origin;
}

/** This very command, so that it works wherever kubectl runs on this machine. */
function credentialPlugin({ api, ca, data, profile, keyFile }: GlobalOptions & Options): object {
  const given: readonly (readonly [string, string | undefined])[] = [
    ['--api', api],
    ['--ca', ca && path.resolve(ca)],
    ['--data', data && path.resolve(data)],
    ['--profile', profile],
    ['--key-file', keyFile && path.resolve(keyFile)],
  ];
  const flags = given.flatMap(([flag, value]) => (value === undefined ? [] : [flag, value]));
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: [path.resolve(process.argv[1]!), 'token', '--exec-credential', ...flags],
    interactiveMode: 'Never',
  };
}
