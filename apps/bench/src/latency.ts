import http from 'node:http';
import type { WebPeer } from './wrk.js';

/**
 * Latencies in milliseconds at a steady rate, sent on time whether or not earlier answers have come: a slow answer is not
 * hidden by the requests that were not sent meanwhile.
 */
export async function latencies(
  { url, headers }: WebPeer,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<number[]> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const fields = Object.fromEntries(headers.map((header) => header.split(/: (.*)/s).slice(0, 2)));
  const found: number[] = [];
  const began = performance.now();
  const total = perSecond * seconds;
  const one = (due: number): Promise<void> =>
    new Promise((resolve, reject) => {
      http
        .get(url, { agent, headers: fields }, (response) => {
          response.resume().on('end', () => {
            found.push(performance.now() - began - due);
            resolve();
          });
        })
        .on('error', reject);
    });
  const all: Promise<void>[] = [];
  while (all.length < total) {
    const now = performance.now() - began;
    for (let due = (all.length * 1000) / perSecond; due <= now && all.length < total;) {
      all.push(one(due));
      due = (all.length * 1000) / perSecond;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(all);
  agent.destroy();
  return found.sort((a, b) => a - b);
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
