export type Column = 'postgres';

export interface Requirement {
  readonly id: string;
  readonly text: string;
  /** Protocols that must prove it. */
  readonly protocols: readonly Column[];
}

const postgres: readonly Column[] = ['postgres'];
const required = (id: string, text: string): Requirement => ({ id, text, protocols: postgres });

/** What Sallyport promises, as data: each line needs a test in every protocol it names, or the run fails. */
export const requirements: readonly Requirement[] = [
  required('connect:permitted', 'a client with a key reaches the resource it may connect to'),
  required('connect:access-token', 'an access token works like the key it came from'),
  required('connect:token:wrong', 'a wrong token is refused before the target is dialled'),
  required('connect:token:expired', 'an expired or foreign token is refused'),
  required('connect:resource:unknown', 'an unknown resource and a forbidden one are refused with the same words'),
  required('connect:plain:refused', 'a client without TLS is refused before it is asked for a credential'),
  required('connect:tls:stuffed', 'bytes sent behind the TLS request end the connection'),
  required('connect:tls:direct', 'direct TLS works with the right ALPN and only with it'),
  required('connect:parameters:refused', 'startup parameters off the allow-list are refused'),
  required('connect:replication:refused', 'replication connections are refused'),
  required('connect:version:negotiated', 'newer minor versions are negotiated, other majors refused'),
  required('connect:garbage', 'garbage and absurd lengths end the connection and nothing else'),
  required('connect:target:dead', 'a dead target is a clear error'),
  required('connect:target:unverified', 'a target whose certificate does not verify is not used'),
  required('query:permitted', 'a permitted request runs unchanged'),
  required('query:denied', 'a denied request has no effect and names its decision'),
  required('query:denied:state', "after a denial the client's view of the transaction is the target's"),
  required('query:mixed:denied', 'one denied part denies the whole unit'),
  required('query:unparsable', 'what cannot be parsed is refused and never forwarded'),
  required('query:malformed', 'NUL bytes, wrong lengths and unknown messages end the session unforwarded'),
  required('query:encoding', 'text that is not valid in its encoding is never forwarded'),
  required('query:opaque:denied', 'code that nobody can inspect needs a permission of its own'),
  required('query:settings:denied', 'settings that change what text means or who runs it are refused'),
  required('query:side-door:denied', 'catalogs and functions that show values or files are refused'),
  required('query:hidden-write:denied', 'a write inside a CTE, EXPLAIN ANALYZE or PREPARE is seen'),
  required('prepared:permitted', 'prepared statements work unchanged'),
  required('prepared:denied', 'a denied prepared statement is refused when it is parsed'),
  required('prepared:pipeline', 'a denied unit in a pipeline fails like any error, and its neighbours as they should'),
  required('bulk:out', 'bulk export works and is masked'),
  required('bulk:in', 'bulk import works and is judged'),
  required('bulk:server-side:denied', 'bulk forms that touch files or programs of the target are refused'),
  required('cancel:running', 'a cancel reaches the running statement of its own session only'),
  required('cancel:held', 'a cancel ends a held request'),
  required('notify:delivered', 'asynchronous messages reach the client'),
  required('mask:direct', 'a classified column is masked in its own type'),
  required('mask:expression', 'an expression over a classified column is redacted whole'),
  required('mask:used:denied', 'a masked column cannot filter, sort, join, group or be written'),
  required('mask:derived', 'views, subqueries, unions and whole rows do not launder a classified column'),
  required('mask:binary', 'binary results are masked into valid values'),
  required('mask:errors', 'errors and notices do not carry masked values'),
  required('mask:revealed', 'who may reveal a column sees it'),
  required('hold:approved:once', 'an approved request runs exactly once, and another text waits again'),
  required('hold:denied', 'a denied approval refuses, with the reviewer’s words'),
  required('hold:expired', 'an approval that nobody gives in time refuses'),
  required('hold:abandoned', 'a client that leaves abandons its approval'),
  required('hold:parameters', 'an approval binds the parameters'),
  required('hold:self', 'the requester cannot approve'),
  required('hold:policy-changed', 'policy that denies by now wins over an approval'),
  required('hold:transaction', 'a held request in a transaction keeps its state true'),
  required('hold:target-lost', 'a target lost while a request is held runs nothing'),
  required('record:as-seen', 'a recording shows the session as the client saw it'),
  required('record:denied', 'every judged unit has exactly one record, denied ones too'),
  required('record:verify', 'a changed or missing segment is noticed'),
  required('revoke:key', 'a deleted key ends its sessions within 5 seconds'),
  required('revoke:account', 'a disabled account ends its sessions within 5 seconds'),
  required('revoke:session', 'a terminated session ends within 5 seconds'),
  required('failure:control-plane', 'without the control plane sessions go on and nothing new is permitted'),
  required('failure:gateway', 'a killed gateway loses no record and runs nothing twice'),
  required('failure:target', 'a target that dies mid-statement is a clear error'),
  required('failure:slow-reader', 'a client that stops reading does not grow the gateway'),
];
