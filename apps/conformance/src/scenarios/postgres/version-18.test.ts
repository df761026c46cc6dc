import { everyVersion } from './every-version.js';

everyVersion('18');
