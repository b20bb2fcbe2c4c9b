import type { Role } from '@adscale/ctr';

/** What an operator has changed: the version that serves, or what is tried in a role. */
export type Changed = 'current' | Role;

/** Called after an operator's change. `words` goes on from "an operator". Never rejects. */
export type ChangeListener = (changed: Changed, words: string) => Promise<void>;

/** Tells of changes that operators make by this process, so that who judges a canary knows of them. */
export class ModelChanges {
  private readonly listeners: ChangeListener[] = [];

  listen(listener: ChangeListener): void {
    this.listeners.push(listener);
  }

  async tell(changed: Changed, words: string): Promise<void> {
    for (const listener of this.listeners) await listener(changed, words);
  }
}
