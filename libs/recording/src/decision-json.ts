import { decisionId, objectId, type Action, type Decision, type DecisionRecord, type Effect } from '@sallyport/domain';
import { jsonString } from './json-string.js';

/** What the JSON of a decision holds besides numbers, names and the text: the same for every text that means the same. */
interface Frame {
  readonly protocol: string;
  readonly kind: string;
  /** Stands before the text, and behind it. */
  readonly before: string;
  readonly after: string;
}

/**
 * By effects and decision: the inspector and the judge hand out the same ones for statements that differ in constants alone,
 * although each has an Action of its own for its text. In a busy session this is a lookup.
 */
const frames = new WeakMap<readonly Effect[], WeakMap<Decision, Frame>>();

/** @returns the JSON of a RecordedDecision, and in it `as`: a label by which later ones can refer to it */
export function decisionJson(sessionId: string, record: DecisionRecord, label: number): string {
  const { action, decision, seq, phase, parameters, approvalId } = record;
  const { before, after } = frameOf(action, decision);
  const id = jsonString(decisionId(sessionId, seq));
  const more = parameters === undefined && !approvalId ? '}' : tail(parameters, approvalId);
  return `{"as":${label},"id":${id},"seq":${seq},"phase":"${phase}",${before}${jsonString(action.text)}${after}${more}`;
}

function tail(parameters: DecisionRecord['parameters'], approvalId: string | undefined): string {
  const bound = parameters ? `,"parameters":${parametersJson(parameters)}` : '';
  const approval = approvalId ? `,"approvalId":${jsonString(approvalId)}` : '';
  return `${bound}${approval}}`;
}

function parametersJson(parameters: readonly (string | null)[]): string {
  let json = '';
  for (const value of parameters) json += `${json === '' ? '' : ','}${value === null ? 'null' : jsonString(value)}`;
  return `[${json}]`;
}

function frameOf(action: Action, decision: Decision): Frame {
  let ofEffects = frames.get(action.effects);
  if (!ofEffects) frames.set(action.effects, (ofEffects = new WeakMap()));
  const known = ofEffects.get(decision);
  if (known?.kind === action.kind && known.protocol === action.protocol) return known;
  const frame = encode(action, decision);
  ofEffects.set(decision, frame);
  return frame;
}

function encode({ protocol, kind, effects }: Action, decision: Decision): Frame {
  const head = JSON.stringify({ protocol, kind });
  const rest = JSON.stringify({
    effects: effects.map((effect) => ({
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
  return { protocol, kind, before: `${head.slice(1, -1)},"text":`, after: `,${rest.slice(1, -1)}` };
}
