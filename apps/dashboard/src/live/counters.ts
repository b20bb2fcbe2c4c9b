/* What the service counts that should stay at zero. */

export interface CounterMeaning {
  readonly title: string;
  readonly advice: string;
  /** `lasting`: something is lost for good, so it stays told; `callers`: their doing, and no harm. */
  readonly weight?: 'lasting' | 'callers';
}

/** What counters that should be zero mean, and what to do. */
const counterMeanings: Readonly<Record<string, CounterMeaning>> = {
  requests_shed: {
    title: 'Requests are turned away, since the service cannot keep up',
    advice: 'Add workers or replicas (WORKERS), or raise MAX_IN_FLIGHT if answers are still quick.',
  },
  requests_rate_limited: {
    title: 'Callers are over their rate limit',
    advice: 'Have them send batches or slow down, or raise RATE_LIMIT_PER_MINUTE.',
  },
  decisions_lost: {
    title: 'Decisions were not written down',
    weight: 'lasting',
    advice: 'Look at the store of OUTCOMES_URL: it is away, full or too slow.',
  },
  log_lines_dropped: {
    title: 'Lines of the log were dropped',
    advice: 'Whatever reads the log of the service is too slow for it.',
  },
  tasks_refused: {
    title: 'Decisions or explanations were refused',
    advice:
      'More were asked for than DECISION_QUEUE has room for: ask for fewer at once, or raise DECISION_THREADS.',
  },
  tasks_dropped: {
    title: 'Callers leave before their turn',
    weight: 'callers',
    advice:
      'Decisions wait for a thread longer than callers do: raise DECISION_THREADS, or their patience.',
  },
  tasks_stopped: {
    title: 'Callers leave before their answer',
    weight: 'callers',
    advice: 'Decisions take longer than callers wait: ask for smaller ones, or wait longer.',
  },
  tasks_ended: {
    title: 'A decision hung, and was ended with its thread',
    advice: 'The log says which. Another thread took the place of the one that hung.',
  },
  shadow_dropped: {
    title: 'Comparisons with the shadow were dropped',
    advice: 'Compare a smaller share of the requests. Answers were not touched.',
  },
  uncaught_errors: {
    title: 'There were errors that nothing caught',
    weight: 'lasting',
    advice: 'Look for them in the log, and tell whoever looks after the service.',
  },
};

/** A counter as people read it. */
export function counterName(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function counterMeaning(name: string): CounterMeaning {
  return (
    counterMeanings[name] ?? {
      title: `${counterName(name)}: should be zero`,
      advice: 'Look into the log of the service.',
    }
  );
}
