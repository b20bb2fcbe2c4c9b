import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** The address of a store of its own for whoever asks, in a folder that is there for as long as the test file runs. */
export function temporaryStore(): string {
  const folder = mkdtempSync(join(tmpdir(), 'adscale-store-'));
  folders.push(folder);
  return `file:${join(folder, 'outcomes.db')}`;
}
