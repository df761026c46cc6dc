export interface ThreatCase {
  readonly id: string;
  /** What must hold. */
  readonly text: string;
  /** Why no test names it. Never beside one that does: what is tested is not excused. */
  readonly untested?: string;
  /** What of it is not built, beside what is tested. */
  readonly without?: string;
}

const required = (id: string, text: string, without?: string): ThreatCase => ({
  id,
  text,
  ...(without !== undefined && { without }),
});
const doesNotApply = (id: string, text: string, untested: string): ThreatCase => ({ id, text, untested });

/** What people, tokens, approvals and the two planes are attacked with, as data: each line needs a test that names it. */
export const threatCases: readonly ThreatCase[] = [
  required('ID-01', 'a token is verified with the algorithms and keys of its configured issuer, and none besides'),
  required('ID-02', 'what the header of a token says leads to no key, address, file or query'),
  required('ID-04', 'keys belong to the configured issuer, whose addresses lead nowhere else'),
  required(
    'ID-05',
    'a sign-in is one browser, one request, one code; a person is (issuer, subject) and never an address',
  ),
  required('ID-06', 'a key that is gone, an issuer that is away and a clock that is wrong prove nobody for long'),
  required(
    'ID-07',
    'a token counts where it was made for, over TLS, never in an address, and not after its withdrawal',
  ),
  required('ID-08', 'whoever is disabled, or loses the group, loses live sessions within seconds'),
  required('ID-09', 'workload tokens are bound to ids that nobody else can get, and to who may start the job'),
  required('ID-10', 'claims are compared as what they are, exactly, and more of them never mean less'),
  required('ID-12', 'a narrowed credential makes and permits nothing wider'),
  required('ID-20', 'keys are random, checked, kept as hashes, rotated with an overlap and ended'),
  required('ID-21', 'short codes are random, few, brief, and not tried often'),
  required('ID-22', 'no other site acts in the name of a browser, frames a page or runs anything in one'),
  required('ID-23', 'sessions and recordings are seen by those whom policy lets see them, however they are asked for'),
  required('ID-24', 'every verb on every collection is a right of its own'),
  required('ID-25', 'nobody sets what is not theirs to set, nor learns of what is not theirs to see'),

  required('SA-01', 'only what was signed is read, wherever it was moved'),
  required('SA-02', 'the signature is one of few exact forms, under a configured certificate'),
  required('SA-04', 'an assertion is for us, for this request, for now and for once'),
  required('SA-05', 'a response is plain, small XML, or it is nothing'),

  required('AP-01', 'nobody approves their own request, by any account, agent or group of theirs'),
  required('AP-02', 'of many decisions one counts, on every replica, and a quorum counts people'),
  required('AP-03', 'an approval is for one request, exactly, from one session, to be used once'),
  required('AP-04', 'what a reviewer reads is all of what will run, and shows what it hides'),
  required('AP-05', 'time, policy, requester and approvers are looked at again when an approval is used'),
  required('AP-07', 'an approval is not used again after a connection or a process ended'),
  required('AP-08', 'what was released when something died is unknown, on record, and never run again'),
  doesNotApply(
    'AP-09',
    'an answer from a chat or by mail is the person’s own',
    'There is no such channel: approvals are decided with a credential of ours, through the API alone.',
  ),
  required('AP-10', 'no approval is remembered: the same request asks again'),
  required('AP-11', 'one identity cannot bury reviewers in requests'),
  doesNotApply(
    'AP-12',
    'a session pauses when its moderator leaves',
    'Sessions are not moderated: nobody has to watch one, and whoever may can end it.',
  ),

  required('CP-01', 'a gateway is made with a brief one-time token and a key that never leaves it'),
  required('CP-02', 'a gateway has and says what is its own, and ends within seconds'),
  required('CP-03', 'policy is whole, signed, for this gateway, newer than before and not too old'),
  required('CP-04', 'whatever is unknown, late or broken denies, and nothing permits everything unsaid'),
  required('CP-05', 'secrets rest sealed and in their place, and are in no dump, log, error or answer'),
  required(
    'CP-06',
    'what happened cannot be changed, removed or reordered unseen, nor act on who reads it',
    'No export is a table for spreadsheets, so no formula is neutralised. Triggers keep the application from changing entries; whoever owns the tables can lift them, which the chain shows.',
  ),
  required(
    'CP-07',
    'recordings are on disk before anything is forwarded, arrive whole, or show what is missing',
    'The spool rests unencrypted, for its owner alone: put SALLYPORT_STATE_DIR on an encrypted disk.',
  ),
  required('CP-08', 'nothing has a default credential, and every connection out knows whom it talks to'),
  required(
    'CP-10',
    'what one principal, gateway or provider has is not another’s, also in caches',
    'Tenants: an installation serves one. What is kept apart within it is principals, providers and gateways.',
  ),

  required('K8-01', 'exec, attach, port-forward and proxy are permissions of their own, whatever method asks for them'),
  required('K8-02', 'the argv, container and terminal of a command are what policy judges, and what runs'),
  required(
    'K8-03',
    'streams are read, recorded and written anew in every protocol that clients speak, and in no other',
  ),
  required('K8-05', 'who asks is told to the cluster by the gateway alone'),
  required('K8-06', 'a path has one reading, and that one is forwarded'),
  required(
    'K8-07',
    'a list or watch of everything is a permission on everything',
    'Lists are not filtered: whoever may not see all namespaces is told to name one.',
  ),
  required('K8-08', 'objects are answered in forms that can be masked, and in no other'),
  required(
    'K8-09',
    'no secret of an object shows, wherever else it is kept',
    'Free text (logs, events, output of commands) is masked where detectors are declared, and by those; a secret without a form is not found in it.',
  ),
  required(
    'K8-10',
    'what cannot be read in one way is not written',
    'Of protobuf the kinds that kubectl sends are read; CBOR is refused.',
  ),
  required('K8-11', 'what gives its writer more than the object is seen, wherever it stands'),
  required('K8-12', 'an approval is for the object as it was when people looked'),
  required('K8-13', 'proxy subresources are their own permission, and answer as what they are'),
  required(
    'K8-14',
    'a port is forwarded where that port is permitted',
    'What flows through a forwarded port is recorded as bytes and not read.',
  ),
  required('K8-17', 'a watch ends with the right to it, within seconds'),
  required('K8-18', 'discovery passes, and nothing leads to another server'),
  required('K8-19', 'the cluster that was judged is the one that is asked'),
  required('K8-20', 'HTTP/2 is read strictly, and its floods end the connection'),
  required(
    'K8-21',
    'what one may do oneself can be asked, what others may do is a permission',
    'SelfSubjectRulesReview answers with the rights of the credential at the cluster: what policy leaves of them is not subtracted.',
  ),
  required('K8-22', 'an approval serves the credential that asked for it, and no other'),

  required('HT-01', 'bytes in front of the gateway are one request or none, and what goes on is framed anew'),
  required(
    'HT-02',
    'a path has one reading, which is judged and forwarded',
    'What a service makes of a path beyond the standard, such as letter case, is not known: permit the routes that exist.',
  ),
  required('HT-03', 'a query opens no path'),
  required('HT-05', 'a request is for one host, and a service is told its own'),
  required('HT-06', 'who somebody is, is said by the gateway alone, whichever way a request goes'),
  required('HT-07', 'what ends at the gateway ends there, and takes nothing of its own along'),
  required(
    'HT-08',
    'no redirect is followed, and what proves the gateway to a service comes back from none',
    'Changed in any way, such as reversed or in base64, a credential that a service sends back is not recognised.',
  ),
  required('HT-09', 'no address of a target leads to metadata, to the gateway or to the control plane'),
  required('HT-10', 'pages of one service act neither for the gateway nor for another service'),
  required('HT-12', 'events are masked as they come, wherever they are cut'),
  required('HT-13', 'an answer is masked whatever it was coded in, whole, and says nothing of the original'),
  required('HT-14', 'a document has one reading, or it is neither forwarded nor shown'),
  required('HT-15', 'forms and their parts have one reading, and bodies an end'),
  required(
    'HT-16',
    'GraphQL is judged by what it asks for, however it is written',
    'Subscriptions are refused. A limit is set to depth and batches, none to what an operation costs its service.',
  ),
  required('HT-17', 'nothing that was masked is stored on the way'),
  required('HT-19', 'heads, bodies and patience have limits, and nobody waits for whoever dawdles'),
  required('HT-20', 'what was sent is never sent again, and an approval is used once'),
  required(
    'HT-21',
    'every route asks who is there, and the inside is on no public listener',
    'The control plane answers /metrics to anybody: counts, without names of principals and resources.',
  ),
  required('HT-22', 'no page and no redirect carries a token away'),

  required(
    'SH-01',
    'commands, shells, files and forwards are permissions of their own, and what is not known is refused',
  ),
  required('SH-02', 'a connection is forwarded where policy names its address, which is resolved once and checked'),
  required('SH-03', 'no channel is opened before the session is let in, and each is judged by itself'),
  required('SH-04', 'agents and displays are not forwarded, in either direction'),
  required('SH-06', 'a rule for a command permits that command, however its text is written'),
  required(
    'SH-07',
    'a rule for commands opens no shell; the shell that judges commands is the gateway’s own',
    'What is typed into a shell of the target is recorded and not judged: that shell is one grant.',
  ),
  required('SH-08', 'what an interpreter reads is judged with it'),
  required('SH-09', 'what comes over a shared connection is judged when it comes'),
  required(
    'SH-10',
    'whoever loses access loses what runs, within seconds',
    'A program that ignores the end of its connection (nohup) goes on: the target’s operating system has to end it.',
  ),
  required(
    'SH-11',
    'who comes in is who signed, on this connection, with a strong algorithm',
    'Certificates of users are not taken: a key counts by itself, or not at all.',
  ),
  required('SH-13', 'a user name is one of two plain forms, and reaches no shell'),
  required('SH-14', 'the key exchange is strict, and nothing weak is offered'),
  required('SH-15', 'what comes before and after login is bounded, and whoever exceeds it is hung up on'),
  required('SH-16', 'whoever does not read slows down whoever writes, and nothing piles up between them'),
  required('SH-17', 'a connection lives, and changes its keys, while something on it is held'),
  required('SH-18', 'a target is the one whose key is configured, or it hears of no credential'),
  required('SH-19', 'a file is judged by where it really is, each operation by itself'),
  required('SH-20', 'what runs as somebody else is on record as it was asked for'),
  required('SH-21', 'a recording is what was sent, and acts on nobody who reads it'),
  required('SH-23', 'nothing that a client says becomes a command at the gateway'),
];
