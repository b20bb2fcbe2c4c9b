import type { FastifyReply } from 'fastify';
import { ProblemError } from '../problem/problem.js';
import { EventFeed } from '../stats/event-feed.js';
import { isOver } from './jobs.js';
import type { Training } from './training.js';

/** Where the routes ask for files and jobs. Everything throws ProblemError TRAINER_OFF where that is off. */
export class TrainingDesk {
  /** Of each job that somebody watches. */
  private readonly feeds = new Map<string, EventFeed>();
  private isClosed = false;

  /**
   * @param open undefined where it is off
   * @param mostWatching most clients of all jobs together; 0: any number
   */
  constructor(
    private readonly open: Training | undefined,
    private readonly mostWatching: number,
  ) {}

  get training(): Training {
    if (this.open !== undefined) return this.open;
    throw new ProblemError('TRAINER_OFF');
  }

  /**
   * Answers with the events of a job.
   * @throws ProblemError JOB_UNKNOWN, OVERLOADED
   */
  async watch(id: string, reply: FastifyReply): Promise<void> {
    await this.training.job(id);
    const watching = [...this.feeds.values()].reduce((sum, { size }) => sum + size, 0);
    if (this.mostWatching > 0 && watching >= this.mostWatching) {
      const detail = 'MAX_EVENT_STREAMS clients watch already. Ask GET /training/jobs/{id}.';
      throw new ProblemError('OVERLOADED', { detail, headers: { 'retry-after': '1' } });
    }
    const feed = this.feeds.get(id) ?? this.feedOf(id);
    reply.hijack();
    feed.join(reply.raw, reply.getHeaders());
    reply.raw.once('close', () => {
      if (feed.size === 0 && this.feeds.get(id) === feed) this.feeds.delete(id);
    });
  }

  /** Ends all events. */
  closeFeeds(): void {
    this.isClosed = true;
    for (const feed of this.feeds.values()) feed.close();
  }

  private feedOf(id: string): EventFeed {
    let wasLast = false;
    const feed = new EventFeed(
      async () => {
        if (wasLast || this.isClosed) return undefined;
        const job = await this.training.job(id).catch(() => undefined);
        if (job === undefined) return undefined;
        if (isOver(job)) {
          // Who comes from now on gets a feed that begins, and ends, anew.
          wasLast = true;
          if (this.feeds.get(id) === feed) this.feeds.delete(id);
        }
        return JSON.stringify(job);
      },
      this.mostWatching,
      true,
    );
    this.feeds.set(id, feed);
    return feed;
  }
}
