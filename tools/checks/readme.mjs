import { readFileSync } from 'node:fs';
import { root } from '../setup/install.mjs';

/** The README's fenced blocks in one language, in order. */
export function fences(language) {
  const text = readFileSync(`${root}README.md`, 'utf8');
  const pattern = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms');
  return Array.from(text.matchAll(pattern), ([, body]) => body.trim());
}

/** Every command that the README tells its reader to type. */
export function readmeCommands() {
  return fences('sh').flatMap((block) => block.split('\n'));
}
