import { Argument, Command } from 'commander';
import { exitHelp } from '../cli/exit.js';
import { jsonFlag } from '../cli/flags.js';
import { runInspect, type InspectFlags } from '../inspect/inspect.js';
import { addMappingFlags } from '../mapping/mapping-flags.js';
import { addSourceFlags } from '../source/source-flags.js';

/** `adscale inspect`: a profile of a table, and a draft of its mapping. */
export function inspectCommand(signal: AbortSignal): Command {
  const command = new Command('inspect')
    .description('Profile a table, warn of what would spoil a model, and draft its mapping.')
    .addArgument(new Argument('[data...]', 'CSV, Parquet, NDJSON (.gz too), globs, a DuckDB file'));
  return addMappingFlags(addSourceFlags(command))
    .option('-o, --output <file>', 'draft mapping; default <data>.mapping.yaml beside the data')
    .option('--overwrite', 'replace a mapping that is there')
    .addOption(jsonFlag())
    .addHelpText('after', inspectHelp)
    .action((data: string[], flags: InspectFlags) => runInspect(data, flags, signal));
}

const inspectHelp = `
Examples
  adscale inspect campaigns.csv
  adscale inspect 'logs/*.parquet' --label clicked
  adscale inspect --query "SELECT * FROM 'logs/*.parquet' WHERE country = 'DE'"
  adscale inspect export.tsv.gz --impressions Impr. --clicks "Link clicks"

${exitHelp}`;
