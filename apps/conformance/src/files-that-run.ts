import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A test file and the modules of its own folder whose tests it registers: what it imports by value, and what these do.
 * A module that nobody imports any more proves nothing.
 */
export function filesThatRun(testFile: string): string[] {
  const found = new Set([testFile]);
  for (const file of found) {
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/^import \{[^}]*\} from '\.\/([\w-]+)\.js';$/gm)) {
      const module = join(dirname(testFile), `${name}.ts`);
      if (existsSync(module)) found.add(module);
    }
  }
  return [...found];
}
