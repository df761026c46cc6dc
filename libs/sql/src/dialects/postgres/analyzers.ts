import type { Analyzers } from './analysis.js';
import { expression } from './expressions.js';
import { analyseModification } from './modification.js';
import { analyseQuery } from './query.js';
import { expandView } from './views.js';

export const analyzers: Analyzers = {
  query: analyseQuery,
  modification: analyseModification,
  expression,
  view: expandView,
};
