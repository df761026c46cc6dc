import { objectId, type Action, type Decision, type DecisionRecord } from '@sallyport/domain';

interface Cached {
  readonly decision: Decision;
  readonly body: Buffer;
}

/**
 * The part of a decision's JSON that follows from the action and the judgement alone. The inspector and the judge hand out
 * the same objects for the same statement, so in a busy session this is a lookup.
 */
const bodies = new WeakMap<Action, Cached>();

export function decisionBody(action: Action, decision: Decision): Buffer {
  const cached = bodies.get(action);
  if (cached?.decision === decision) return cached.body;
  const body = Buffer.from(encode(action, decision), 'utf8');
  bodies.set(action, { decision, body });
  return body;
}

/** Opens the object; the body follows, then `decisionTail`. */
export function decisionHead(record: DecisionRecord): string {
  return `{"id":${JSON.stringify(record.decisionId)},"seq":${record.seq},"phase":"${record.phase}",`;
}

export function decisionTail(record: DecisionRecord): string {
  const parameters = record.parameters ? `,"parameters":${JSON.stringify(record.parameters)}` : '';
  const approval = record.approvalId ? `,"approvalId":${JSON.stringify(record.approvalId)}` : '';
  return `${parameters}${approval}}`;
}

function encode(action: Action, decision: Decision): string {
  const json = JSON.stringify({
    protocol: action.protocol,
    kind: action.kind,
    text: action.text,
    effects: action.effects.map((effect) => ({
      verb: effect.verb,
      object: objectId(effect.object),
      columns: effect.columns,
    })),
    effect: decision.effect,
    reasons: decision.because,
    obligations: decision.effect === 'deny' ? [] : decision.obligations,
    approval: decision.effect === 'hold' ? decision.approval : undefined,
    policyRevision: decision.policyRevision,
  });
  return json.slice(1, -1);
}
