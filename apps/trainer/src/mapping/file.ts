import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import {
  isMap,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  stringify,
  type Document,
} from 'yaml';
import { InputError } from '../cli/exit.js';
import { checkMapping, type Locate } from './check.js';
import type { Mapping } from './mapping.js';

/**
 * Reads a mapping file, YAML or JSON.
 * @throws InputError naming file, line, key, the value got and the value wanted
 */
export async function readMappingFile(path: string): Promise<Mapping> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new InputError(`${path}: there is no such mapping file`, { cause });
  }
  return parseMapping(text, path);
}

/** The same from a text; `name` is what errors call it. */
export function parseMapping(text: string, name: string): Mapping {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line } = lines.linePos(error.pos[0]);
    throw new InputError(`${name}: line ${line}: ${error.message.split('\n')[0]}`);
  }
  return checkMapping(document.toJS(), locateIn(document, lines, name));
}

/** The line of a key, or of the nearest block around it that is there. */
function locateIn(document: Document, lines: LineCounter, name: string): Locate {
  return (path) => {
    let at = document.contents?.range?.[0] ?? 0;
    let node: unknown = document.contents;
    for (const key of path) {
      if (!isMap(node)) break;
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (!isPair(pair) || !isScalar(pair.key)) break;
      at = pair.key.range?.[0] ?? at;
      node = pair.value;
    }
    return `${name}: line ${lines.linePos(at).line}`;
  };
}

/** A mapping as the text of a YAML file, one line a feature. */
export function writeMapping(mapping: Mapping): string {
  const { features, ...rest } = mapping;
  const lines = Object.entries(features).map(
    ([name, feature]) => `  ${name}: ${flowText(feature)}\n`,
  );
  const head = Object.keys(rest).length === 0 ? '' : stringify(rest, { lineWidth: 0 });
  return `${head}features:\n${lines.join('')}`;
}

function flowText(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd();
}

/**
 * Where the mapping of data is kept: beside it under its name, or in the working folder if the
 * data's own cannot be written to. Of several files it is the folder's, of a query "query".
 */
export function mappingPaths(input: readonly string[]): string[] {
  const [first] = input;
  if (first === undefined) return ['query.mapping.yaml'];
  if (first === '-') return ['stdin.mapping.yaml'];
  const isOne = input.length === 1 && !/[*?[{]/.test(first);
  const name = isOne ? withoutEnding(basename(first)) : basename(resolve(dirname(first)));
  const beside = join(dirname(first), `${name}.mapping.yaml`);
  return [...new Set([beside, `${name}.mapping.yaml`])];
}

function withoutEnding(name: string): string {
  return name.replace(/\.gz$/i, '').replace(/(?<=.)\.[^.]+$/, '');
}
