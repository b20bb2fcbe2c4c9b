/*
 * Server-sent events by fetch, since the browser's own EventSource sends no key. A stream that ends comes
 * back by itself:
 *
 *   connecting ──first event──▶ live ──ends, fails or falls silent──▶ lost ──a while later──▶ connecting
 */
import { useEffect, useRef, useState } from 'react';
import { createParser } from 'eventsource-parser';
import { ask } from './client.js';
import { onKeyChange } from './key.js';
import { asProblem, type Problem } from './problem.js';

/** Milliseconds before the first new try, twice as long before each further one, and the longest. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;
/** Milliseconds without a byte after which a stream counts as lost; the service sends something each second or so. */
const SILENCE = 20_000;

export type StreamState = 'connecting' | 'live' | 'lost';

export interface StreamHandlers {
  /** The data of an event, parsed. */
  readonly onData: (data: unknown, event: string | undefined) => void;
  readonly onState: (state: StreamState, problem?: Problem) => void;
}

/** Follows a stream until what it returns is called. */
export function followStream(path: string, handlers: StreamHandlers): () => void {
  const ending = new AbortController();
  let pause = FIRST_PAUSE;
  let attempt = new AbortController();
  let wake = () => {};

  const follow = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      attempt = new AbortController();
      handlers.onState('connecting');
      const problem = await readEvents(path, attempt, (data, event) => {
        pause = FIRST_PAUSE;
        handlers.onState('live');
        handlers.onData(data, event);
      });
      if (ending.signal.aborted) return;
      handlers.onState('lost', problem);
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, pause);
      });
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
  };
  /** Another key, or a network that is back, is tried at once. */
  const again = () => {
    pause = FIRST_PAUSE;
    attempt.abort();
    wake();
  };
  const forgetKey = onKeyChange(again);
  window.addEventListener('online', again);
  void follow();
  return () => {
    ending.abort();
    attempt.abort();
    wake();
    forgetKey();
    window.removeEventListener('online', again);
  };
}

/** Reads events until the stream ends, fails, or is silent for too long. @returns why, if it is known */
async function readEvents(
  path: string,
  attempt: AbortController,
  onData: StreamHandlers['onData'],
): Promise<Problem | undefined> {
  const { signal } = attempt;
  let watch = setTimeout(() => attempt.abort(), SILENCE);
  try {
    const response = await ask(path, { signal, headers: { accept: 'text/event-stream' } });
    const parser = createParser({ onEvent: ({ data, event }) => onData(JSON.parse(data), event) });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(watch);
      watch = setTimeout(() => attempt.abort(), SILENCE);
      parser.feed(part.value);
    }
    return undefined;
  } catch (error) {
    return signal.aborted ? undefined : asProblem(error);
  } finally {
    clearTimeout(watch);
  }
}

export interface Stream<T> {
  /** The latest event; undefined before the first. */
  readonly data: T | undefined;
  readonly state: StreamState;
  /** Why it was lost, if the service said so. */
  readonly problem: Problem | undefined;
}

/** The latest of a stream, for as long as a component is shown. @param onEvent called with every event */
export function useStream<T>(path: string, onEvent?: (data: T) => void): Stream<T> {
  const [stream, setStream] = useState<Stream<T>>({
    ...{ data: undefined, state: 'connecting', problem: undefined },
  });
  const latest = useRef(onEvent);
  latest.current = onEvent;
  useEffect(() => {
    return followStream(path, {
      onData: (data) => {
        setStream((before) => ({ ...before, data: data as T }));
        latest.current?.(data as T);
      },
      onState: (state, problem) =>
        setStream((before) =>
          before.state === state && before.problem === problem
            ? before
            : {
                ...before,
                state,
                problem: state === 'live' ? undefined : (problem ?? before.problem),
              },
        ),
    });
  }, [path]);
  return stream;
}
