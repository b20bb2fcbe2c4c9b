import { EventFeed } from '../stats/event-feed.js';
import { monitoringAnswer } from './answers.js';
import type { Monitoring } from './monitoring.js';

/** Sends what `GET /monitoring` tells to all who watch, whenever it changes. */
export class MonitoringFeed extends EventFeed {
  /**
   * @param isOver whether the feed is to end
   * @param most clients at once; 0: any number
   */
  constructor(monitoring: Monitoring, isOver: () => boolean, most: number) {
    let latest: string | undefined;
    const frame = async (): Promise<string | undefined> => {
      if (isOver()) return undefined;
      const made = await monitoring.report('monitoring', monitoring.question({}));
      latest = JSON.stringify(monitoringAnswer(made, await monitoring.seen()));
      return latest;
    };
    // While the store cannot be used there is no news.
    super(() => frame().catch(() => latest), most, true);
  }
}
