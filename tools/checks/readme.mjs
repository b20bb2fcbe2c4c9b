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

/** Every command that the README tells its reader to type, but for calls of the service. */
export function readmeCommands() {
  const shell = blocks('README.md').filter(({ language }) => language === 'sh');
  const commands = shell.filter(({ body }) => !body.includes('curl '));
  return commands.flatMap(({ body }) => body.split('\n'));
}

/**
 * Every call of the service that a document shows, and what it says is answered: the values in the
 * block of JSON after it, or undefined when the answer is shown in another form.
 */
export function shownCalls(document) {
  const all = blocks(document);
  return all.flatMap(({ language, body }, i) => {
    if (language !== 'sh' || !body.includes('curl ')) return [];
    const { language: next, body: answer } = all[i + 1] ?? {};
    return [{ command: body, answers: next === 'json' ? jsonValues(answer) : undefined }];
  });
}

/** One JSON value over several lines, or several of a line each. */
export function jsonValues(text) {
  try {
    return [JSON.parse(text)];
  } catch {
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }
}
