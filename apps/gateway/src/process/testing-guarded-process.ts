import { createLogger } from '../logger.js';
import { guardProcess } from './guard-process.js';

/** For tests, in a process of its own: a gateway that only says what it is told to do, and something that goes wrong. */
const [fault] = process.argv.slice(2);
const say = (word: string): void => void process.stdout.write(`${word}\n`);
const gateway = {
  stopAccepting: () => say('stop accepting'),
  stop: async () => {
    say('stop');
    await new Promise((resolve) => setTimeout(resolve, 20));
    say('stopped');
  },
};
guardProcess(gateway, createLogger('fatal', 'test'), fault === 'watch-parent');
setInterval(() => undefined, 1000);
say('running');
if (fault === 'throw')
  setTimeout(() => {
    throw new Error('unforeseen');
  }, 10);
if (fault === 'reject') void Promise.reject(new Error('unforeseen'));
