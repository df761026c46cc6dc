import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Replies, ToControlPlane, ToGateway } from '@sallyport/gateway-contract';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { ApprovalsQueries } from '../approvals/approvals.queries.js';
import type { GatewayIdentity } from '../sessions/session.store.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { GatewayCredentials } from './gateway-credentials.js';
import { provesKey } from './gateway-key.js';
import { findGateway, noteConnected } from './gateway.store.js';

/** A gateway that proved its name on one connection. */
export interface ProvenGateway extends GatewayIdentity {
  readonly thumbprint: string;
  readonly connectionId: string;
  readonly credentialExpiresAt: Date;
}

export interface Welcome {
  readonly result: Replies['gateway.hello'];
  readonly terminate: ToGateway['session.terminate'][];
}

/** How a connection becomes a gateway's: a credential of ours, and proof of the key that it names. */
@Injectable()
export class Greeting {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly credentials: GatewayCredentials,
    private readonly sessions: SessionsService,
    private readonly approvals: ApprovalsQueries,
  ) {}

  /** Throws ProblemError `hello-refused`, in the same words for every reason. */
  async prove(nonce: string, hello: ToControlPlane['gateway.hello']): Promise<ProvenGateway> {
    const credential = await this.credentials.verify(hello.credential);
    const row = credential && (await findGateway(this.dataSource, credential.name));
    const isProven =
      row && row.key_thumbprint === credential.thumbprint && provesKey(row.public_key, nonce, hello.proof);
    if (!isProven) throw refused();
    const gateway = {
      name: row.name,
      enrolmentId: row.enrolment_id,
      thumbprint: row.key_thumbprint,
      connectionId: randomUUID(),
      credentialExpiresAt: credential.expiresAt,
    };
    // Between reading and this it may have been revoked: the update names the enrolment.
    if (!(await noteConnected(this.dataSource, gateway, { ...hello, connectionId: gateway.connectionId })))
      throw refused();
    return gateway;
  }

  /** What it missed, after what it lost is settled. */
  async welcome(gateway: ProvenGateway, alive: readonly string[]): Promise<Welcome> {
    const terminate = await this.sessions.reconcile(gateway, alive);
    return {
      result: { name: gateway.name, resolved: await this.approvals.resolvedOf(gateway.name, alive) },
      terminate,
    };
  }

  async renew(gateway: ProvenGateway): Promise<Replies['lease.renew']> {
    const row = await findGateway(this.dataSource, gateway.name);
    if (row?.enrolment_id !== gateway.enrolmentId) throw refused();
    return this.credentials.issue(gateway.name, gateway.thumbprint);
  }
}

function refused(): ProblemError {
  return new ProblemError(403, 'hello-refused', 'The credential or its proof is not valid.');
}
