import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { optionsOf } from '../../command-context.js';
import { demoText } from '../../demo/demo-text.js';
import { portPlan } from '../../local/port-plan.js';
import type { Running } from '../../local/run.js';
import { upFilePath } from '../../local/up-file.js';
import { printJson, printLine } from '../../output.js';
import { dataDirectory } from '../../settings.js';

interface Options {
  readonly portBase?: number;
  readonly demo?: boolean;
  readonly kubeconfig?: string;
}

export function upCommand(): Command {
  return new Command('up')
    .description('run everything on this machine: PostgreSQL, control plane and one gateway')
    .option('--port-base <port>', 'use consecutive ports from this one instead of the documented ones', wholeNumber)
    .option('--demo', 'add a sample database, service accounts and policies, and print commands to paste')
    .option('--kubeconfig <file>', 'with --demo: show the cluster of this kubeconfig, too')
    .action(async (_options: unknown, command: Command) => {
      const { portBase, demo = false, kubeconfig, json = false, ...global } = optionsOf<Options>(command);
      const data = dataDirectory(global);
      // Loads what starts servers and makes certificates, which no other command needs.
      const { runUp } = await import('../../local/run.js');
      await runUp({
        data,
        ports: portPlan(portBase),
        demo,
        kubeconfig,
        say: (line) => process.stderr.write(`sallyport: ${line}\n`),
        onReady: (running) => {
          if (json) printJson({ ready: true, upFile: upFilePath(data), api: running.content.api });
          else printReady(data, running);
        },
      });
    });
}

function wholeNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('must be a port number');
  return Number(text);
}

function printReady(data: string, { content, ports, demo }: Running): void {
  const isDefault = data === dataDirectory({}, {});
  const command = isDefault ? 'npx sallyport' : `npx sallyport --data ${data}`;
  printLine(`
Sallyport is ready. Ctrl-C stops it.

  API               ${content.api}
  PostgreSQL        127.0.0.1:${ports.postgres}  (TLS; the password is a token)
  HTTP, Kubernetes  https://127.0.0.1:${ports.https}/http/NAME, /k8s/NAME
  SSH               ssh -p ${ports.ssh} NAME@127.0.0.1  (the password is a token)
  gateway health    http://127.0.0.1:${ports.gatewayHealth}/readyz
  authority         ${content.ca}
  for scripts       ${upFilePath(data)}
  logs, recordings  ${path.join(data, 'logs')}, ${path.join(data, 'recordings')}
`);
  if (demo) printLine(demoText({ demo, ca: content.ca, ports, command }));
}
