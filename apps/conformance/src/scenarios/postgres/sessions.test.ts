import { People } from '../../servers/people.js';
import { StackUnderTest } from '../../servers/use-stack.js';
import { grants } from './grants.js';
import { identities } from './identity.js';
import { recordings } from './record.js';
import { revocations } from './revoke.js';
import { revocationsOfPeople } from './revoke-people.js';

describe('PostgreSQL', () => {
  const under = new StackUnderTest({});
  describe('recordings', () => recordings(under));
  describe('revocations', () => revocations(under));
  describe('people', () => {
    const people = new People(under);
    describe('identities', () => identities(under, people));
    describe('grants', () => grants(under, people));
    // Last: who was withdrawn stays out for some seconds.
    describe('revocations', () => revocationsOfPeople(under, people));
  });
});
