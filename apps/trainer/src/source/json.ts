/*
 * JSON as the database can read it: in UTF-8, unpacked, one object a line, with the line that it
 * stands on. A line that is no object has no columns, so that the rules of the mapping find it.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { textOf, type Encoding } from './encoding.js';
import { ROW_COLUMN } from './sql.js';

/**
 * Writes the objects of a file to another one.
 * @param stored where the file lies
 * @param path of the file to write
 */
export async function plainObjects(
  stored: string,
  encoding: Encoding,
  path: string,
): Promise<void> {
  const file = createWriteStream(path);
  let line = 0;
  let rest = '';
  const write = async (lines: readonly string[]): Promise<void> => {
    const text = lines
      .map((object) => numbered(object, ++line))
      .filter((object) => object !== '')
      .join('');
    if (!file.write(text)) await once(file, 'drain');
  };
  for await (const piece of textOf(stored, encoding)) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop()!;
    await write(lines);
  }
  if (rest !== '') await write([rest]);
  file.end();
  await once(file, 'close');
}

function numbered(text: string, line: number): string {
  const object = text.trim();
  if (object === '') return '';
  const row = `{"${ROW_COLUMN}":${line}`;
  if (!isObject(object)) return `${row}}\n`;
  const rest = object.slice(1).trimStart();
  return rest === '}' ? `${row}}\n` : `${row},${rest}\n`;
}

function isObject(text: string): boolean {
  if (!text.startsWith('{')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
