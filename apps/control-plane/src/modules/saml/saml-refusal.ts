/** Why a SAML message is refused. For the log and the audit trail; the browser learns only a reference. */
export class SamlRefusal extends Error {
  override readonly name = 'SamlRefusal';
  constructor(readonly reason: string) {
    super(`SAML message refused: ${reason}`);
  }
}

/** @throws SamlRefusal unless it holds. */
export function requireThat(holds: boolean, reason: string): asserts holds {
  if (!holds) throw new SamlRefusal(reason);
}
