import { CreateConfiguration1795299000000 } from './1795299000000-create-configuration.js';
import { CreateAudit1795300000000 } from './1795300000000-create-audit.js';
import { CreateGatewaysAndSessions1795300100000 } from './1795300100000-create-gateways-and-sessions.js';
import { CreateApprovals1795300200000 } from './1795300200000-create-approvals.js';
import { CreateFederation1795400000000 } from './1795400000000-create-federation.js';
import { CreateLogins1795400100000 } from './1795400100000-create-logins.js';
import { CreateGrants1795400200000 } from './1795400200000-create-grants.js';
import { CreateSamlReplay1795400300000 } from './1795400300000-create-saml-replay.js';
import { CreateScimUsers1795400310000 } from './1795400310000-create-scim-users.js';
import { CompleteAccounts1795400400000 } from './1795400400000-complete-accounts.js';
import { PortableApprovals1795500000000 } from './1795500000000-portable-approvals.js';

/** The migrations in order; the list is explicit so that a bundle or a test runs exactly these. */
export const migrations = [
  CreateConfiguration1795299000000,
  CreateAudit1795300000000,
  CreateGatewaysAndSessions1795300100000,
  CreateApprovals1795300200000,
  CreateFederation1795400000000,
  CreateLogins1795400100000,
  CreateGrants1795400200000,
  CreateSamlReplay1795400300000,
  CreateScimUsers1795400310000,
  CompleteAccounts1795400400000,
  PortableApprovals1795500000000,
];
