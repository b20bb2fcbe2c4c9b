import { readFileSync } from 'node:fs';
import { root } from '../setup/install.mjs';

/** Fenced blocks of a document, in order. */
function blocks(document) {
  const text = readFileSync(`${root}${document}`, 'utf8');
  const pattern = /^```(\w*)\n(.*?)^```/gms;
  return Array.from(text.matchAll(pattern), ([, language, body]) => ({
    language,
    body: body.trim(),
  }));
}

/** Every command that the README tells its reader to type. */
export function readmeCommands() {
  const shell = blocks('README.md').filter(({ language }) => language === 'sh');
  return shell.flatMap(({ body }) => body.split('\n'));
}

/**
 * Every call of the service that a document shows, and what it says is answered: the block of JSON
 * after it, or undefined when the answer is shown in another form.
 */
export function shownCalls(document) {
  const all = blocks(document);
  return all.flatMap(({ language, body }, i) => {
    if (language !== 'sh' || !body.includes('curl ')) return [];
    const { language: next, body: answer } = all[i + 1] ?? {};
    return [{ command: body, answer: next === 'json' ? JSON.parse(answer) : undefined }];
  });
}
