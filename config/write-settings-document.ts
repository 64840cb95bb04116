/** Writes docs/settings.md: `npm run docs:settings`. */
import { writeFileSync } from 'node:fs';
import { renderSettingsDocument } from './settings-document.js';

writeFileSync('docs/settings.md', renderSettingsDocument());
