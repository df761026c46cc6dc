import { withoutComment } from '@sallyport/api-contract';

/** The public keys that gateways are told of; comments are for people. */
export function sshKeysPart({ sshKeys }: { readonly sshKeys?: readonly string[] }): { readonly sshKeys?: string[] } {
  return sshKeys ? { sshKeys: sshKeys.map(withoutComment) } : {};
}
