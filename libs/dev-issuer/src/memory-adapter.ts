import type { Adapter, AdapterPayload } from 'oidc-provider';

/** What one issuer remembers: sessions, grants, codes. Apart from the provider, which is made anew when keys rotate. */
export class MemoryStore {
  readonly #entries = new Map<string, { readonly payload: AdapterPayload; readonly expiresAt: number }>();

  /** As oidc-provider wants one per model. */
  adapter = (model: string): Adapter => {
    const key = (id: string): string => `${model}:${id}`;
    const findWhere = (fits: (payload: AdapterPayload) => boolean): AdapterPayload | undefined => {
      for (const [id, { payload }] of this.#entries) {
        if (id.startsWith(`${model}:`) && fits(payload)) return this.#living(id);
      }
      return undefined;
    };
    return {
      upsert: async (id, payload, expiresIn) => {
        const expiresAt = expiresIn ? Date.now() + expiresIn * 1000 : Infinity;
        this.#entries.set(key(id), { payload, expiresAt });
      },
      find: async (id) => this.#living(key(id)),
      findByUid: async (uid) => findWhere((payload) => payload.uid === uid),
      findByUserCode: async (userCode) => findWhere((payload) => payload.userCode === userCode),
      consume: async (id) => {
        const payload = this.#living(key(id));
        if (payload) payload.consumed = Math.floor(Date.now() / 1000);
      },
      destroy: async (id) => {
        this.#entries.delete(key(id));
      },
      revokeByGrantId: async (grantId) => {
        for (const [id, { payload }] of this.#entries) if (payload.grantId === grantId) this.#entries.delete(id);
      },
    };
  };

  #living(key: string): AdapterPayload | undefined {
    const entry = this.#entries.get(key);
    if (!entry || entry.expiresAt > Date.now()) return entry?.payload;
    this.#entries.delete(key);
    return undefined;
  }
}
