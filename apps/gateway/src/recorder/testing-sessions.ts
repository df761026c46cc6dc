import type { Decision, DecisionRecord, SessionInfo } from '@sallyport/domain';
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

const like = selectAction('select 0');
const permitted: Decision = {
  effect: 'permit',
  because: [{ code: 'permitted' }],
  obligations: [],
  policyRevision: 1,
};

/** All of them mean the same, so that most are recorded as repetitions. */
export function sampleRecord(seq: number): DecisionRecord {
  return {
    seq,
    phase: 'execute',
    action: { ...like, text: `select ${seq}` },
    decision: permitted,
  };
}
