import type { Role } from '@adscale/ctr';

/** What an operator changes: the version that serves, or what is tried in a role. */
export type Changed = 'current' | Role;

/** Is told of operators' changes. Never rejects. */
export interface ChangeListener {
  /** Called before one: it may still fail. */
  before(changed: Changed): Promise<void>;
  /** Called when it is done. `words` goes on from "an operator". */
  after(changed: Changed, words: string): Promise<void>;
}

/** Tells of changes that operators make by this process, so that who judges a canary knows of them. */
export class ModelChanges {
  private readonly listeners: ChangeListener[] = [];

  listen(listener: ChangeListener): void {
    this.listeners.push(listener);
  }

  /** Makes a change. @throws what `change` throws */
  async make(changed: Changed, words: string, change: () => Promise<void>): Promise<void> {
    for (const listener of this.listeners) await listener.before(changed);
    await change();
    for (const listener of this.listeners) await listener.after(changed, words);
  }
}
