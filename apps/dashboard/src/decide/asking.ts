/*
 * Decisions that were asked for: under way, answered or refused. They are kept beside the page, so that
 * looking at another page ends none, and each can be given up.
 */
import { useSyncExternalStore } from 'react';
import { ask } from '../api/client.js';
import { asProblem, type Problem } from '../api/problem.js';
import type { DecisionName } from './decisions.js';
import type { Filled } from './requests.js';

/** What was asked: the body as it was sent, and of what it was made. */
export interface Question {
  readonly body: Record<string, unknown>;
  readonly text: string;
  readonly places: readonly number[];
  readonly filled: Filled;
}

export interface Answered {
  readonly question: Question;
  readonly answer: unknown;
}

export interface Asked {
  readonly question: Question;
  readonly isPending: boolean;
  /** When it was asked, in milliseconds of the page. */
  readonly since: number;
  readonly problem?: Problem;
  /** What was answered last: it goes on being shown until there is another. */
  readonly last?: Answered;
}

/** Asks the service by a body that is JSON already. @throws Problem, and what an abort throws */
export async function askText<T>(path: string, text: string, signal: AbortSignal): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const response = await ask(path, { method: 'POST', headers, body: text, signal });
  return (await response.json()) as T;
}

class Asking {
  private readonly asked = new Map<DecisionName, Asked>();
  private readonly stops = new Map<DecisionName, AbortController>();
  private readonly listeners = new Set<() => void>();

  readonly listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  of(name: DecisionName): Asked | undefined {
    return this.asked.get(name);
  }

  async start(name: DecisionName, question: Question): Promise<void> {
    this.stops.get(name)?.abort();
    const stop = new AbortController();
    this.stops.set(name, stop);
    const since = performance.now();
    const last = this.asked.get(name)?.last;
    const before = { question, since, ...(last && { last }) };
    this.show(name, { ...before, isPending: true });
    try {
      const answer = await askText(`/${name}`, question.text, stop.signal);
      if (stop.signal.aborted) return;
      this.show(name, { ...before, isPending: false, last: { question, answer } });
    } catch (error) {
      if (stop.signal.aborted) return;
      this.show(name, { ...before, isPending: false, problem: asProblem(error) });
    }
  }

  /** Gives up: the service stops as well when the connection closes. */
  stop(name: DecisionName): void {
    this.stops.get(name)?.abort();
    const now = this.asked.get(name);
    if (now?.last) this.show(name, { ...now, isPending: false });
    else this.forget(name);
  }

  private forget(name: DecisionName): void {
    this.asked.delete(name);
    for (const listener of this.listeners) listener();
  }

  private show(name: DecisionName, asked: Asked): void {
    this.asked.set(name, asked);
    for (const listener of this.listeners) listener();
  }
}

export const asking = new Asking();

export function useAsked(name: DecisionName): Asked | undefined {
  return useSyncExternalStore(asking.listen, () => asking.of(name));
}
