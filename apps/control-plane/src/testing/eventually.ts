/** Waits for a condition; throws when it does not come true in time. Milliseconds. */
export async function eventually(isTrue: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; ;) {
    if (await isTrue()) return;
    if (Date.now() > deadline) throw new Error(`did not come true within ${withinMs} ms: ${isTrue}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
