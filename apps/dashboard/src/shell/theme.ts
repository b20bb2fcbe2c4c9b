/* Light or dark: as the machine is set, or as the person chose, which this browser remembers. */
import { useSyncExternalStore } from 'react';

export type ThemeChoice = 'auto' | 'light' | 'dark';

const NAME = 'adscale.theme';
const listeners = new Set<() => void>();
const machine = window.matchMedia('(prefers-color-scheme: dark)');

export function chosenTheme(): ThemeChoice {
  const kept = localStorage.getItem(NAME);
  return kept === 'light' || kept === 'dark' ? kept : 'auto';
}

function shownTheme(): 'light' | 'dark' {
  const chosen = chosenTheme();
  if (chosen !== 'auto') return chosen;
  return machine.matches ? 'dark' : 'light';
}

export function chooseTheme(choice: ThemeChoice): void {
  if (choice === 'auto') localStorage.removeItem(NAME);
  else localStorage.setItem(NAME, choice);
  showTheme();
}

/** Puts the theme on the page; to be called once before anything is shown. */
export function showTheme(): void {
  document.documentElement.dataset.theme = shownTheme();
  for (const listener of listeners) listener();
}
machine.addEventListener('change', showTheme);

function onThemeChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The theme that is shown: charts draw with its colours. */
export function useTheme(): 'light' | 'dark' {
  return useSyncExternalStore(onThemeChange, shownTheme);
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(onThemeChange, chosenTheme);
}
