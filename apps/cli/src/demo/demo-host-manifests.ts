import { demoHostLogin } from './demo-ssh-host.js';

export interface DemoHost {
  readonly port: number;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  /** Private key that the gateway logs in with; read by the control plane. */
  readonly loginKeyFile: string;
}

/** What ci may run as it stands: each word, and no other. */
const listed = [['uptime'], ['ls'], ['ls', '-l'], ['cat', 'readme']].map((argv) =>
  JSON.stringify(JSON.stringify(argv)),
);

export const hostPolicies = `kind: Policy
name: ci-on-host-1
spec:
  cedar: |
    permit (principal in Group::"ci", action == Action::"connect", resource in Resource::"host-1");

    permit (principal in Group::"ci", action == Action::"exec", resource == Resource::"host-1")
    when { [${listed.join(', ')}].contains(context.ssh.argv) };

    // No shell of the host: the gateway's own, which judges each line as a command.
    permit (principal in Group::"ci", action == Action::"shell", resource == Resource::"host-1")
    when { context.ssh.operation == "shell" && context.ssh.mode == "line" };

    @approval("dba")
    @reason("what is removed is gone: somebody else has to agree")
    permit (principal in Group::"ci", action == Action::"exec", resource == Resource::"host-1")
    when { context.ssh.program == "rm" };

    @reason("one plain command at a time, with nothing in it that a shell would expand or chain")
    forbid (principal in Group::"ci", action == Action::"exec", resource == Resource::"host-1")
    unless { context.ssh.literal };
---
kind: Policy
name: dba-on-host-1
spec:
  cedar: |
    permit (
      principal in Group::"dba",
      action in [Action::"connect", Action::"exec"],
      resource in Resource::"host-1"
    );`;

/** The server alone: later starts apply it again where its port moved. */
export function hostResource({ port, hostKey, loginKeyFile }: DemoHost): string {
  return `kind: Resource
name: host-1
spec:
  protocol: ssh
  labels: {env: demo}
  upstream: {host: 127.0.0.1, port: ${port}, hostKeys: ["${hostKey}"]}
  credential: {username: ${demoHostLogin}, privateKey: {file: ${JSON.stringify(loginKeyFile)}}}`;
}
