import type { SessionChange, SqlSession, StatementInspection } from '@sallyport/sql';
import type { CatalogView } from './classification.js';
import { Names } from './names.js';
import type { Portal, Prepared } from './replies.js';

/** Transaction control changes no meaning by itself; every other change does. */
export function changesMeaning(statement: StatementInspection): boolean {
  return statement.changes.some((change) => !transactionControl.has(change.kind));
}
const transactionControl = new Set<SessionChange['kind']>([
  'begin',
  'commit',
  'rollback',
  'savepoint',
  'release',
  'rollback-to',
]);

/** The gateway's view of one session on the target: everything that a text's meaning depends on. */
export class SessionState implements SqlSession {
  searchPath: readonly string[] = [];
  tempRelations: ReadonlySet<string> = new Set();
  readonly prepared = new Map<string, StatementInspection>();
  readonly cursors = new Map<string, StatementInspection>();
  /** The texts that declared them, as the server keeps them too. */
  readonly cursorTexts = new Map<string, string>();

  readonly statements = new Names<Prepared>();
  readonly portals = new Names<Portal>();

  /** As the last ReadyForQuery had it. */
  status: 'I' | 'T' | 'E' = 'I';
  /** Inside a transaction block by now, as far as replies have arrived. */
  inBlock = false;
  /** Extended-protocol requests were sent that no Sync has ended yet. */
  groupOpen = false;
  /** Something ran in the open group: its implicit transaction holds locks and undone work. */
  groupExecuted = false;

  /** The catalog must be read again before anything is judged. */
  catalogStale = false;
  /** The session's own settings and names must be read again from the server. */
  sessionStale = false;
  /** A setting may have changed in a transaction that is still open: its end, either way, may change it back. */
  #unsettled = false;
  /** The catalog as this session's open transaction sees it, while that differs from the committed one. */
  ownView: CatalogView | undefined;
  /** The committed one at that time: when it moves on, both do. */
  ownViewBase: CatalogView | undefined;

  /** Grows whenever a text may mean something else than before. */
  epoch = 1;
  #seenView: CatalogView | undefined;

  get stale(): boolean {
    return this.catalogStale || this.sessionStale;
  }

  /** Notes which catalog judges from now on. */
  see(view: CatalogView): void {
    if (view === this.#seenView) return;
    this.#seenView = view;
    this.epoch += 1;
  }

  setSearchPath(path: readonly string[]): void {
    if (path.length === this.searchPath.length && path.every((name, at) => name === this.searchPath[at])) return;
    this.searchPath = path;
    this.epoch += 1;
  }

  addTempRelation(name: string): void {
    if (this.tempRelations.has(name)) return;
    this.tempRelations = new Set([...this.tempRelations, name]);
    this.epoch += 1;
  }

  /**
   * A statement of this session ended, well or not: what it may have changed is applied, or marked to be read again.
   * @param text the whole text that it was part of
   */
  ended(statement: StatementInspection, succeeded: boolean, text: string): void {
    for (const change of statement.changes) this.#apply(change, succeeded, text);
  }

  /** The server reported an error: it undid something. */
  failed(): void {
    if (this.#unsettled) this.sessionStale = true;
  }

  /** ReadyForQuery. */
  ready(status: 'I' | 'T' | 'E'): void {
    this.status = status;
    this.inBlock = status !== 'I';
    if (status !== 'I') return;
    if (this.#unsettled) {
      this.#unsettled = false;
      this.sessionStale = true;
    }
    this.portals.unnamed = undefined;
    if (this.portals.confirmed.size > 0) {
      for (const name of this.portals.confirmed.keys()) this.cursors.delete(name);
      this.portals.confirmed.clear();
    }
    if (this.ownView) {
      this.ownView = undefined;
      this.catalogStale = true;
    }
  }

  setPrepared(prepared: Prepared): void {
    const statement = prepared.inspection?.statements[0];
    if (prepared.name === '') return;
    if (statement) this.prepared.set(prepared.name, statement);
    else this.prepared.delete(prepared.name);
  }

  forgetPrepared(name: string): void {
    this.statements.confirmed.delete(name);
    this.prepared.delete(name);
  }

  setCursor(name: string, body: StatementInspection, text: string): void {
    this.cursors.set(name, body);
    this.cursorTexts.set(name, text);
  }

  #apply(change: SessionChange, succeeded: boolean, text: string): void {
    switch (change.kind) {
      case 'begin':
        if (succeeded) this.inBlock = true;
        return;
      case 'commit':
      case 'rollback':
        if (succeeded) this.#leaveFailed('I');
        if (this.ownView) this.catalogStale = true;
        if (this.#unsettled) this.sessionStale = true;
        return;
      case 'rollback-to':
        if (succeeded) this.#leaveFailed('T');
        if (this.ownView) this.catalogStale = true;
        if (this.#unsettled) this.sessionStale = true;
        return;
      case 'prepare':
        if (succeeded) this.#prepare(change.name, change.body, text);
        return;
      case 'deallocate':
        if (succeeded) this.#deallocate(change.name);
        return;
      case 'declare-cursor':
        if (succeeded) this.setCursor(change.name, change.body, text);
        return;
      case 'close-cursor':
        if (!succeeded) return;
        if (change.name === undefined) this.cursors.clear();
        else this.cursors.delete(change.name);
        return;
      case 'catalog':
        this.catalogStale = true;
        return;
      case 'opaque':
        this.catalogStale = true;
        this.sessionStale = true;
        this.#unsettled = true;
        return;
      case 'discard-all':
        this.#deallocate(undefined);
        this.cursors.clear();
        this.sessionStale = true;
        return;
      case 'search-path':
        this.sessionStale = true;
        this.#unsettled = true;
        return;
      case 'savepoint':
      case 'release':
      case 'create-temp': // remembered when it was sent
        return;
    }
  }

  /** Known from the command's own success, ahead of ReadyForQuery: more of the same group may follow. */
  #leaveFailed(status: 'I' | 'T'): void {
    this.status = status;
    this.inBlock = status === 'T';
  }

  #prepare(name: string, body: StatementInspection, text: string): void {
    const prepared: Prepared = {
      name,
      text,
      bySql: true,
      parameterTypes: [],
      inspection: { ok: true, statements: [body], action: body.action },
      epoch: this.epoch,
    };
    this.statements.confirmed.set(name, prepared);
    this.setPrepared(prepared);
  }

  #deallocate(name: string | undefined): void {
    if (name !== undefined) return this.forgetPrepared(name);
    this.statements.confirmed.clear();
    this.prepared.clear();
  }
}
