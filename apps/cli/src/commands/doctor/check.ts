export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed';
  /** What was found, and what to do about it. */
  readonly detail: string;
}

/** A check that fails by throwing. */
export async function checked(name: string, body: () => Promise<string>): Promise<Check> {
  try {
    return { name, state: 'ok', detail: await body() };
  } catch (error) {
    return { name, state: 'failed', detail: (error as Error).message };
  }
}
