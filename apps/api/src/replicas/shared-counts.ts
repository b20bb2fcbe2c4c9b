import { hash } from 'node:crypto';
import type { connectValkey } from '@adscale/cache';
import type { SharedCounts } from '../security/rate-limit.js';

type Valkey = Awaited<ReturnType<typeof connectValkey>>;

/** Counts are asked about for a minute and the one after. */
const KEPT_SECONDS = 150;

/** Request counts that all replicas add to, in Valkey. */
export class ValkeyCounts implements SharedCounts {
  constructor(private readonly valkey: Valkey) {}

  async add(
    minute: number,
    counts: ReadonlyMap<string, number>,
  ): Promise<ReadonlyMap<string, number>> {
    const commands = this.valkey.multi();
    for (const [client, count] of counts) {
      // Hashed, because addresses are personal data.
      const key = `adscale:rate:${minute}:${hash('sha256', client)}`;
      commands.incrby(key, count).expire(key, KEPT_SECONDS);
    }
    const replies = (await commands.exec()) ?? [];
    const totals = [...counts.keys()].map((client, i): [string, number] => {
      const [error, total] = replies[2 * i] ?? [new Error('no reply')];
      if (error) throw error;
      return [client, Number(total)];
    });
    return new Map(totals);
  }
}
