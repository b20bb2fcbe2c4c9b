import { InputError } from '../cli/exit.js';
import type { Database } from '../source/database.js';
import { PREPARED, USABLE, type Prepared } from './prepare.js';
import { gatherEvidence, provenLeak, sampleRows } from './leaks.js';

/** A sample of the prepared rows that are learned from. */
const LEARNED = 'learned';

/**
 * Refuses a mapping whose features hold the target, wherever it came from.
 * @param usable how many rows there are to learn from
 * @throws InputError naming the feature and the evidence, unless the feature is forced
 */
export async function refuseLeaks(
  database: Database,
  { source, mapping }: Prepared,
  usable: number,
): Promise<void> {
  const rows = `SELECT *, rowid AS spot FROM ${PREPARED} WHERE ${USABLE}`;
  await sampleRows(database, LEARNED, rows, 'spot', usable);
  for (const [f, [name, feature]] of Object.entries(mapping.features).entries()) {
    const numeric = feature.kind !== 'categorical';
    if (feature.force === true || (!numeric && feature.missing !== true)) continue;
    const value = numeric ? `f${f}` : `CASE WHEN f${f} IS NULL THEN NULL ELSE 1 END`;
    const counts = { impressions: 'n', clicks: 'k' };
    const evidence = await gatherEvidence(database, LEARNED, value, counts);
    const leak = evidence && provenLeak(feature.column, evidence, mapping.label !== undefined);
    if (leak === undefined) continue;
    throw new InputError(
      `${source.name}: feature ${name} leaks the target: ${leak}. Take it out of the mapping, or write "force: true" beside it`,
    );
  }
}
