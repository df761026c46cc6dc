import type { DecisionRecord, SessionInfo } from '@sallyport/domain';
import { selectAction } from '../testing-gateway.js';

/** For tests: what is recorded, where nothing hangs on what it is. */
export function sampleSession(id: string): SessionInfo {
  return {
    id,
    principal: { type: 'ServiceAccount', id: 'ci', groups: [], roles: [] },
    credentialId: 'k1',
    resource: 'shop',
    protocol: 'postgres',
    gateway: 'local',
    clientAddress: '127.0.0.1',
    startedAt: '2026-01-02T03:04:05.000Z',
  };
}

export function sampleRecord(sessionId: string, seq: number): DecisionRecord {
  return {
    decisionId: `${sessionId}.${seq}`,
    seq,
    phase: 'execute',
    action: selectAction(`select ${seq}`),
    decision: { effect: 'permit', because: [{ code: 'permitted' }], obligations: [], policyRevision: 1 },
  };
}
