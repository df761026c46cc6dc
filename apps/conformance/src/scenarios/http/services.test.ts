import { HttpStack } from '../../servers/http-stack.js';
import { accessToServices } from './access.js';
import { answers } from './answers.js';
import { holds } from './hold.js';
import { requests } from './requests.js';
import { smuggling } from './smuggling.js';

describe('HTTP', () => {
  const under = new HttpStack();
  // First: it asks for the newest session.
  describe('access', () => accessToServices(under));
  describe('requests', () => requests(under));
  describe('answers', () => answers(under));
  describe('smuggling', () => smuggling(under));
  // Last: what is approved is really deleted.
  describe('holds', () => holds(under));
});
