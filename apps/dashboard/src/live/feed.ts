/*
 * The stream of figures, followed while Live is shown. What came stays when another page is looked at in
 * between; a tab that nobody sees asks for nothing.
 *
 *   away ──shown and visible──▶ followed ──another page, or hidden──▶ away
 */
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../api/client.js';
import type { Problem } from '../api/problem.js';
import { followStream, type StreamState } from '../api/stream.js';
import { History, type Stats } from './history.js';
import { METRICS_MS, metricsOf, remember } from './metrics.js';

/** What the service told at a moment. */
export interface Frame {
  readonly stats: Stats;
  /** When it came, by the clock of the reader. */
  readonly moment: number;
}

export interface Feed {
  readonly state: StreamState;
  /** Whether the stream was lost, and has not come back; `state` then tells of the tries. */
  readonly isLost: boolean;
  /** Why the stream is lost, if the service said so. */
  readonly problem: Problem | undefined;
  readonly latest: Frame | undefined;
  /** Frames of the last minute, one in five seconds, oldest first: what is compared with. */
  readonly recent: readonly Frame[];
  /** When the first frame came: history begins there. */
  readonly since: number | undefined;
  /** When the service was last seen to have begun anew. */
  readonly restartedAt: number | undefined;
}

const RECENT_MS = 60_000;
const RECENT_STEP_MS = 5000;

export const history = new History();
let feed: Feed = {
  ...{ state: 'connecting', isLost: false, problem: undefined },
  ...{ latest: undefined, recent: [], since: undefined, restartedAt: undefined },
};
const listeners = new Set<() => void>();
let watchers = 0;
let leave: (() => void) | undefined;

function change(news: Partial<Feed>): void {
  feed = { ...feed, ...news };
  for (const listener of listeners) listener();
}

function take(stats: Stats): void {
  const moment = Date.now();
  const frame = { stats, moment };
  const isAnew = history.take(stats, moment);
  const recent = isAnew ? [] : feed.recent.filter((old) => moment - old.moment <= RECENT_MS);
  const newest = recent.at(-1);
  if (newest === undefined || moment - newest.moment >= RECENT_STEP_MS - 500) recent.push(frame);
  change({
    ...{ latest: frame, recent, since: feed.since ?? moment },
    ...(isAnew && { restartedAt: moment }),
  });
}

/** Follows the stream when it is to be followed, and leaves it when not. */
function adjust(): void {
  const isWanted = watchers > 0 && document.visibilityState === 'visible';
  if (!isWanted) {
    leave?.();
    leave = undefined;
    return change({ state: 'connecting', isLost: false, problem: undefined });
  }
  leave ??= followStream('/stats/stream', {
    onData: (data) => take(data as Stats),
    onState: (state, problem) => {
      if (state === feed.state && problem === feed.problem) return;
      if (state === 'live') change({ state, isLost: false, problem: undefined });
      else
        change({
          state,
          isLost: feed.isLost || state === 'lost',
          problem: problem ?? feed.problem,
        });
    },
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * What the service does, by the second.
 * @param isPaused whether what was there when it was paused is to be shown for now; more is still remembered
 */
export function useFeed(isPaused: boolean): Feed {
  const now = useSyncExternalStore(subscribe, () => feed);
  const [held, hold] = useState<Feed>();
  useEffect(() => {
    watchers++;
    document.addEventListener('visibilitychange', adjust);
    adjust();
    return () => {
      watchers--;
      document.removeEventListener('visibilitychange', adjust);
      adjust();
    };
  }, []);
  const latest = useRef(now);
  latest.current = now;
  useEffect(() => hold(isPaused ? latest.current : undefined), [isPaused]);
  return isPaused && held !== undefined ? held : now;
}

/** What the service tells Prometheus, every ten seconds. */
export function useMetrics() {
  return useQuery({
    queryKey: ['live', 'metrics'],
    queryFn: async () => {
      const text = await (await ask('/metrics')).text();
      const moment = Date.now();
      remember(text, moment);
      return metricsOf(text, moment);
    },
    refetchInterval: METRICS_MS,
    staleTime: 0,
  });
}
