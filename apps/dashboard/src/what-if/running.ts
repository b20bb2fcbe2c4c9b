/*
 * The model of a version, running in this page:
 *
 *   GET /models/{v}/file ─┐            thread: reads, compiles ──a table──▶ page: answers within a frame
 *   …/{v}/background     ─┴──bytes──▶                          └─no table──▶ page asks the thread, and shows
 *                                                                            the latest that it has answered
 */
import { useEffect, useMemo, useState } from 'react';
import type { Forest, TrainingPairs } from '@adscale/forest';
import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { answer, ask, client } from '../api/client.js';
import { asProblem, type Problem } from '../api/problem.js';
import type { AnswerOf, Asking, Background, Question } from './asking.js';
import { isNumber, type Card } from './schema.js';
import type { Order, Report } from './thread.js';

/** With a table of so many trees, an interval takes a small part of a frame. */
const SWIFT_TREES = 256;

/** Why explanations in the page are not those of the service. */
export type Lack = 'scope' | 'not-loaded';

interface Sent {
  readonly question: Question;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Running {
  /** Present if the model answers within a frame. */
  private swift: Asking | undefined;
  private readonly thread = new Worker(new URL('./thread.ts', import.meta.url), { type: 'module' });
  private readonly sent = new Map<number, Sent>();
  /** By what asks: whether it waits for an answer, and what it wants to know next. */
  private readonly busy = new Set<string>();
  private readonly next = new Map<string, Sent>();
  private count = 0;

  private constructor(
    readonly version: string,
    /** Names of what explanations have a value for. */
    readonly explained: readonly string[],
    readonly lack: Lack | undefined,
    /** Not compiled: the schema, and what goes with it. */
    private readonly asking: Asking,
    readonly background: Background | undefined,
  ) {}

  static async start(version: string, isLoaded: boolean): Promise<Running> {
    // The library is as large as a small model: it comes while the model does.
    const [file, { background, lack }, { Asking }] = await Promise.all([
      ask(`/models/${version}/file`).then((response) => response.arrayBuffer()),
      backgroundOf(version, isLoaded),
      import('./asking.js'),
    ]);
    const bytes = new Uint8Array(file);
    const asking = Asking.read(bytes, background);
    const names = asking.forest.schema.features.map(({ name }) => name);
    const explained = background?.explained ?? names;
    const running = new Running(version, explained, lack, asking, background);
    try {
      await running.load(bytes);
    } catch (error) {
      running.close();
      throw error;
    }
    return running;
  }

  get forest(): Forest {
    return this.asking.forest;
  }

  /** Tells combinations of numbers that training never had, as the service does. */
  trainingPairs({ schema }: Card): TrainingPairs {
    const features = schema.features.map((feature, f) => ({ ...feature, f }));
    return this.asking.pairs(features.filter(isNumber));
  }

  get isSwift(): boolean {
    return this.swift !== undefined;
  }

  private load(bytes: Uint8Array): Promise<void> {
    const { asking, background } = this;
    return new Promise((resolve, reject) => {
      this.thread.onerror = () =>
        reject(new Error('The thread of the model could not be started.'));
      this.thread.onmessage = ({ data }: MessageEvent<Report>) => {
        if ('problem' in data) return reject(new Error(data.problem));
        if (!('compiled' in data)) return;
        this.thread.onmessage = this.hear;
        if (data.compiled !== null && data.trees <= SWIFT_TREES) {
          this.swift = asking.with(data.compiled);
        }
        resolve();
      };
      this.thread.postMessage({ bytes, background } satisfies Order);
    });
  }

  /** The answer at once; only if the model is swift. */
  answerNow<Q extends Question>(question: Q): AnswerOf[Q['kind']] {
    return this.swift!.answer(question);
  }

  /**
   * Asks the thread, for what was not overtaken.
   * @param asker of its questions, only the latest that was not begun matters: others are never answered
   */
  ask<Q extends Question>(asker: string, question: Q): Promise<AnswerOf[Q['kind']]> {
    return new Promise((resolve, reject) => {
      const sent = { question, resolve, reject } as Sent;
      if (this.busy.has(asker)) this.next.set(asker, sent);
      else this.send(asker, sent);
    });
  }

  private send(asker: string, sent: Sent): void {
    const id = this.count++;
    this.busy.add(asker);
    const done = () => {
      const next = this.next.get(asker);
      this.next.delete(asker);
      this.busy.delete(asker);
      if (next !== undefined) this.send(asker, next);
    };
    const resolve = (found: unknown) => {
      done();
      sent.resolve(found);
    };
    const reject = (error: Error) => {
      done();
      sent.reject(error);
    };
    this.sent.set(id, { question: sent.question, resolve, reject });
    this.thread.postMessage({ id, question: sent.question } satisfies Order);
  }

  private readonly hear = ({ data }: MessageEvent<Report>): void => {
    if (!('id' in data) || data.id === null) return;
    const sent = this.sent.get(data.id);
    this.sent.delete(data.id);
    if ('problem' in data) sent?.reject(new Error(data.problem));
    else sent?.resolve(data.answer);
  };

  close(): void {
    this.thread.terminate();
  }
}

interface Told {
  readonly background: (Background & { readonly explained: readonly string[] }) | undefined;
  readonly lack: Lack | undefined;
}

/** Training rows are data: a key that may only predict is not told them, nor is anybody of other versions. */
async function backgroundOf(version: string, isLoaded: boolean): Promise<Told> {
  if (!isLoaded) return { background: undefined, lack: 'not-loaded' };
  const { scopes } = await answer(client.GET('/whoami'));
  if (!scopes.includes('outcomes')) return { background: undefined, lack: 'scope' };
  try {
    const path = { params: { path: { version } } };
    const background = await answer(client.GET('/models/{version}/background', path));
    return { background, lack: undefined };
  } catch (error) {
    // It was loaded a moment ago.
    const isGone = asProblem(error).code === 'VERSION_NOT_LOADED';
    if (isGone) return { background: undefined, lack: 'not-loaded' };
    throw error;
  }
}

const KEY = 'what-if-running';
const watched = new WeakSet<QueryClient>();

/** The running model of a version; it ends when nobody looks at it any more. */
export function useRunning(version: string, isLoaded: boolean) {
  const queries = useQueryClient();
  if (!watched.has(queries)) {
    watched.add(queries);
    queries.getQueryCache().subscribe(({ type, query }) => {
      if (type !== 'removed' || query.queryKey[0] !== KEY) return;
      (query.state.data as Running | undefined)?.close();
    });
  }
  return useQuery({
    queryKey: [KEY, version, isLoaded],
    queryFn: () => Running.start(version, isLoaded),
    staleTime: Infinity,
    gcTime: 0,
    structuralSharing: false,
  });
}

export interface Asked<T> {
  /** The latest answer; undefined before the first. */
  readonly value: T | undefined;
  /** The answer is that of an earlier question. */
  readonly isOld: boolean;
  readonly problem: Problem | undefined;
}

const NOTHING = { value: undefined, isOld: false, problem: undefined };

/**
 * The model's answer to a question: at once if the model is swift, else as soon as its thread has it.
 * @param asker see `Running.ask`
 * @param question must stay the same object as long as it is the same question; undefined asks nothing
 */
export function useAsked<Q extends Question>(
  running: Running,
  asker: string,
  question: Q | undefined,
): Asked<AnswerOf[Q['kind']]> {
  const now = useMemo((): Asked<AnswerOf[Q['kind']]> | undefined => {
    if (!running.isSwift) return undefined;
    if (question === undefined) return NOTHING;
    try {
      return { value: running.answerNow(question), isOld: false, problem: undefined };
    } catch (error) {
      return { ...NOTHING, problem: asProblem(error) };
    }
  }, [running, question]);
  const [later, setLater] = useState<{ to?: Q; value?: AnswerOf[Q['kind']]; problem?: Problem }>(
    {},
  );
  useEffect(() => {
    if (running.isSwift || question === undefined) return;
    running.ask(asker, question).then(
      // What is somewhat late is shown all the same, as what it is: while a slider moves, nothing else comes.
      (value) => setLater({ to: question, value }),
      (error: unknown) => setLater({ to: question, problem: asProblem(error) }),
    );
  }, [running, asker, question]);
  if (now !== undefined) return now;
  const isOld = later.to !== question;
  return { value: later.value, isOld, problem: isOld ? undefined : later.problem };
}
