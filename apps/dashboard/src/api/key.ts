/* The key of this tab. It is kept for as long as the tab is open, and never written to disk. */

const NAME = 'adscale.key';
const listeners = new Set<() => void>();

/** The key that requests are made with; undefined while none was given. */
export function currentKey(): string | undefined {
  return sessionStorage.getItem(NAME) ?? undefined;
}

/** Uses this key from now on; undefined forgets it. */
export function useKeyFromNowOn(key: string | undefined): void {
  if (key === undefined) sessionStorage.removeItem(NAME);
  else sessionStorage.setItem(NAME, key);
  for (const listener of listeners) listener();
}

/** Calls back whenever the key changes. @returns what ends that */
export function onKeyChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
