import fs from 'node:fs';

const pollMs = 250;

/**
 * Calls back when the npm or npx that started this process is gone. A SIGKILL gives npm no chance to pass anything on,
 * and what it started would live on, holding ports and the data directory.
 */
export function whenNpmIsGone(callback) {
  if (!process.env.npm_command) return;
  const before = ancestors();
  const timer = setInterval(() => {
    if (ancestors() === before) return;
    clearInterval(timer);
    callback();
  }, pollMs);
  timer.unref();
}

/** Our parent, and its parent too where ours is only the shell that npm runs scripts in. */
function ancestors() {
  const parent = process.ppid;
  try {
    const stat = fs.readFileSync(`/proc/${parent}/stat`, 'utf8');
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const grandparent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    return /^(sh|dash|bash)$/.test(name) ? `${parent} ${grandparent}` : `${parent}`;
  } catch {
    return `${parent}`;
  }
}
