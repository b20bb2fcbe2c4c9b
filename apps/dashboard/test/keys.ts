import { createHash } from 'node:crypto';
import type { Page } from 'playwright-core';

/** An entry of API_KEYS: a key that is its own name, with these scopes. */
export const entry = (name: string, scopes: string) =>
  `${name}:${scopes}:${createHash('sha256').update(name).digest('hex')}`;

/** Gives the page a key, as a person does. */
export async function useKey(page: Page, key: string): Promise<void> {
  await page.getByRole('button', { name: /^Key( in use|…)$/ }).click();
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Use this key' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}
