import { hash, randomUUID } from 'node:crypto';
import { connectValkey, endConnection } from '@adscale/cache';
import type { Logger } from 'pino';
import type { Elsewhere, News, RateLimiter, SharedCounts } from '../security/rate-limit.js';
import { type Valkey, TIMEOUT_MS, warner } from './valkey.js';

/** Often enough that a client is limited soon, seldom enough to cost nothing. */
const SHARE_MS = 250;
/** A count is read within its minute and the one after. */
const KEPT_SECONDS = 150;

/**
 * What passed is a hash for each client and minute, with a field for each machine that says how many
 * passed there, in all and by twelfths of the minute, as in `9 0,0,0,4,5,0,0,0,0,0,0,0`: a machine sets
 * its own and adds up those of the others. The twelfths are read by who hears of a client first. Nobody adds to a number that
 * is shared, so a command that is sent twice, or late, counts nothing twice (a grow-only counter:
 * Shapiro et al., "Conflict-free replicated data types", 2011).
 */
const EXCHANGE = `
local function elsewhere(key, slots, first)
  local sum, fields = 0, redis.call('HGETALL', key)
  for i = 1, #fields, 2 do
    if fields[i] ~= ARGV[1] then
      sum = sum + tonumber(string.match(fields[i + 1], '^%d+'))
      if slots then
        local at = first
        for count in string.gmatch(string.match(fields[i + 1], ' (.*)'), '%d+') do
          slots[at] = (slots[at] or 0) + tonumber(count)
          at = at + 1
        end
      end
    end
  end
  return sum
end
local replies = {}
for i = 1, #KEYS, 2 do
  local slots
  if ARGV[3 + i] == '1' then
    slots = {}
    for slot = 1, 24 do slots[slot] = 0 end
  end
  if redis.call('HSET', KEYS[i], ARGV[1], ARGV[2 + i]) == 1 then
    redis.call('EXPIRE', KEYS[i], ARGV[2])
  end
  replies[i] = { elsewhere(KEYS[i], slots, 13), elsewhere(KEYS[i + 1], slots, 1) }
  replies[i + 1] = slots or {}
end
return replies`;

/** Request counts that all machines tell each other, in Valkey. */
export class ValkeyCounts implements SharedCounts {
  /** Not the machine's name: counts begin anew with the process. */
  private readonly name = randomUUID();

  constructor(private readonly valkey: Valkey) {
    valkey.defineCommand('adscaleExchange', { lua: EXCHANGE });
  }

  async exchange(news: readonly News[]): Promise<Elsewhere[]> {
    const keys = news.flatMap(({ client, minute }) => {
      // Hashed, because addresses are personal data.
      const name = hash('sha256', client);
      // Before there were twelfths the keys began with `adscale:rate:`.
      return [`adscale:passed:${minute}:${name}`, `adscale:passed:${minute - 1}:${name}`];
    });
    const counts = news.flatMap(({ count, slots, isUnheard }) => [
      `${count} ${slots.join(',')}`,
      isUnheard ? '1' : '0',
    ]);
    const command = this.valkey as unknown as {
      adscaleExchange(...given: (string | number)[]): Promise<number[][]>;
    };
    const replies = await command.adscaleExchange(
      ...[keys.length, ...keys, this.name, KEPT_SECONDS, ...counts],
    );
    return news.map(({ isUnheard }, i) => {
      const [now, before] = replies[2 * i];
      return { now, before, ...(isUnheard && { slots: replies[2 * i + 1] }) };
    });
  }
}

/**
 * Has the limits hold over all machines that share a Valkey. No request waits for it; while it is
 * lost, each machine limits by itself.
 * @returns to be called at the end; rejects never
 */
export async function shareLimits(
  url: string,
  limiter: RateLimiter,
  logger: Logger,
): Promise<() => Promise<void>> {
  const valkey = await connectValkey(url, TIMEOUT_MS);
  const warn = warner(logger, 'no word from Valkey: this machine limits by itself');
  valkey.on('error', warn);
  const counts = new ValkeyCounts(valkey);
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  // One exchange after another: of two at once, each would tell what the other does.
  const share = async () => {
    await limiter.share(counts).catch((error: unknown) => isOver || warn(error));
    if (!isOver) timer = setTimeout(() => void share(), SHARE_MS).unref();
  };
  void share();
  return async () => {
    isOver = true;
    clearTimeout(timer);
    // What passed since the last time, for the machines that stay.
    await limiter.share(counts).catch(() => {});
    await endConnection(valkey);
  };
}
