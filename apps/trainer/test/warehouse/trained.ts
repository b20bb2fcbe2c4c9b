import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Registry } from '@adscale/ctr';
import { adscale, type Finished } from '../run.js';

const ROWS = 3000;

/** The columns of the log as ClickHouse calls them. */
export const COLUMNS = 'site String, device String, hour UInt8, bid Float64, clicked UInt8';

/** Impressions, made of their numbers by arithmetic that all engines do alike, to the bit. */
const select = (numbers: string): string =>
  `SELECT concat('s', cast(number * 31 % 17 as String)) AS site,
     CASE WHEN number * 13 % 7 < 4 THEN 'mobile' ELSE 'desktop' END AS device,
     cast(number * 11 % 24 as UInt8) AS hour,
     cast(number * 7919 % 5003 as double) / 64.0 AS bid,
     cast(CASE WHEN number * 7907 % 1009 < 40 + number * 31 % 17 * 5 THEN 1 ELSE 0 END as UInt8) AS clicked
   FROM ${numbers}`;

export const clickhouseSelect = select(`numbers(${ROWS})`);
const duckdbSelect = select(`(SELECT range AS number FROM range(${ROWS})) AS numbers`);

const mapping = `label: clicked
features:
  site: { column: site, kind: word }
  device: { column: device, kind: categorical, categories: [mobile, desktop] }
  hour: { column: hour, kind: integer, minimum: 0, maximum: 23 }
  bid: { column: bid, kind: numeric, minimum: 0 }
`;

export interface Trained extends Finished {
  /** Of the model file; undefined if none was published. */
  readonly digest: string | undefined;
}

/** One click log in several warehouses, and trainings from them, each into a registry of its own. */
export class TrainedFrom {
  private runs = 0;

  private constructor(private readonly folder: string) {}

  static async start(): Promise<TrainedFrom> {
    const folder = await mkdtemp(join(tmpdir(), 'adscale-trained-'));
    await writeFile(join(folder, 'mapping.yaml'), mapping);
    return new TrainedFrom(folder);
  }

  /** The log in a file of DuckDB. @returns its URL */
  async duckdb(): Promise<string> {
    const path = join(this.folder, 'log.db');
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    await connection.run(`CREATE TABLE log AS ${duckdbSelect}`);
    connection.closeSync();
    instance.closeSync();
    return `duckdb://${path}`;
  }

  /** Trains from the table `log` of a warehouse. */
  async train(source: string, env: Readonly<Record<string, string>> = {}): Promise<Trained> {
    const output = join(this.folder, `models-${++this.runs}`);
    const data = ['--source', source, '--table', 'log', '--mapping'];
    const how = ['--model', 'forest', '--trees', '2', '--bins', '16', '--no-report', '--json'];
    const args = ['train', ...data, join(this.folder, 'mapping.yaml'), ...how, '-o', output];
    const finished = await adscale(args, () => {}, { env });
    const current = await new Registry(output).current();
    const file = current && join(output, 'versions', current, 'model.adsf');
    const digest =
      file &&
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
    return { ...finished, digest };
  }

  stop(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
