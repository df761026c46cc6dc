/** Principals beyond which the oldest is forgotten. */
const maxPrincipals = 10_000;

/** How many requests a minute each principal may make of one resource; what was saved up lasts a minute. */
export class RequestRate {
  private readonly buckets = new Map<string, { tokens: number; at: number }>();

  /** @param perMinute undefined: as many as they like */
  constructor(private readonly perMinute: number | undefined) {}

  /** Takes one; the seconds to wait where there is none left. `now` in milliseconds of a clock that never goes back. */
  take(principal: string, now: number): number | undefined {
    const { perMinute } = this;
    if (perMinute === undefined) return undefined;
    const known = this.buckets.get(principal);
    const saved = known ? known.tokens + ((now - known.at) / 60_000) * perMinute : perMinute;
    const tokens = Math.min(perMinute, saved);
    this.buckets.delete(principal);
    this.buckets.set(principal, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    if (this.buckets.size > maxPrincipals) this.buckets.delete(this.buckets.keys().next().value!);
    return tokens >= 1 ? undefined : ((1 - tokens) / perMinute) * 60;
  }
}
