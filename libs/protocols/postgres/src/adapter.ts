import type { Socket } from 'node:net';
import type { GatewayHost, ProtocolAdapter } from '@sallyport/enforcement';
import { ConnectionLimit } from '@sallyport/wire-kit';
import { CancelRegistry } from './cancel.js';
import { capabilities } from './capabilities.js';
import { CatalogSources } from './catalog-sources.js';
import { serveConnection } from './connection.js';
import type { SqlDialect } from './dialect.js';
import { LoginDeadline } from './login-deadline.js';

export function adapterFor(dialect: SqlDialect): ProtocolAdapter {
  const cancels = new CancelRegistry();
  const sources = new CatalogSources(dialect);
  const unauthenticated = new ConnectionLimit();
  let loaded: Promise<void> | undefined;

  return {
    listener: 'postgres',
    serves: [{ protocol: 'postgres', capabilities }],
    accept(socket: Socket, host: GatewayHost): void {
      socket.on('error', () => undefined).setNoDelay(true);
      const leave = unauthenticated.enter(host.limits.maxUnauthenticated);
      if (!leave) {
        socket.destroy();
        return;
      }
      socket.once('close', leave);
      const deadline = new LoginDeadline(host.limits.authTimeoutMs);
      loaded ??= dialect.load();
      const gate = { host, cancels, sources, authenticated: leave, deadline };
      void loaded
        .then(() => serveConnection(socket, gate))
        .catch(() => socket.destroy())
        .finally(() => deadline.done());
    },
  };
}
