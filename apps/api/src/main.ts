import { CtrError, Registry, readAddress } from '@adscale/ctr';
import cluster from 'node:cluster';
import { statSync } from 'node:fs';
import { say } from './cluster/messages.js';
import { Primary } from './cluster/primary.js';
import { type Config, ConfigError, readConfig } from './config.js';
import { createLogger } from './logging/logger.js';
import { Service } from './service.js';
import { Shutdown } from './shutdown.js';
import { ServiceFigures } from './stats/figures.js';
import { type Exporters, readExporters } from './telemetry/exporters.js';
import { startTelemetry } from './telemetry/telemetry.js';
import { findTrainer } from './training/trainer.js';

/** Exit code when the environment is wrong: starting again will not help. */
const WRONG_CONFIGURATION = 2;

async function configuration(): Promise<[Config, Exporters]> {
  try {
    const config = readConfig(process.env);
    if (readAddress(config.modelDir) === undefined) checkFolder(config.modelDir);
    // Workers are given what their primary has looked at.
    else if (!cluster.isWorker) await checkBucket(config.modelDir);
    if (config.trainer) findTrainer();
    return [config, readExporters(process.env)];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`The configuration is wrong.\n${error.message}`);
    process.exit(WRONG_CONFIGURATION);
  }
}

/**
 * A folder that is not there yet is one that the trainer will make; a file will never be one.
 * @throws ConfigError
 */
function checkFolder(path: string): void {
  const wrong = (what: string) =>
    new ConfigError(`MODEL_DIR: got ${JSON.stringify(path)}, which ${what}, wanted a folder`);
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === false) throw wrong('is none');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw wrong(`cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/**
 * A store that is away may come back; one that refuses will go on doing so.
 * @throws ConfigError
 */
async function checkBucket(address: string): Promise<void> {
  try {
    await new Registry(address).current();
  } catch (error) {
    const isFinal =
      error instanceof CtrError && ['STORE_REFUSED', 'LOCATION_INVALID'].includes(error.code);
    if (isFinal)
      throw new ConfigError(`MODEL_DIR: got ${JSON.stringify(address)}; ${error.message}`);
  }
}

/** Serves in this process: main ─▶ service ─▶ app ─▶ parts and routes. */
async function serve(config: Config, exporters: Exporters): Promise<void> {
  const logger = createLogger(config.logLevel);
  // Each worker sends what it counted itself: whoever collects it adds them up.
  const telemetry = await startTelemetry(exporters, () => service.metrics());
  const service = new Service(config, logger, telemetry?.trace);
  // What this worker counted since it last told the primary would be lost with it.
  const sayLast = async () => {
    say({ kind: 'figures', ask: 0, figures: service.current.get(ServiceFigures).own() });
    await telemetry?.stop();
  };
  const shutdown = new Shutdown(service, config, logger, sayLast);
  shutdown.onUncaughtErrors().on('SIGTERM');
  // Ctrl-C reaches all processes of a terminal; the primary tells its workers to leave.
  if (cluster.isWorker) process.on('SIGINT', () => {});
  else shutdown.on('SIGINT');
  await service.start();
  say({ kind: 'up', port: service.port });
}

async function main(): Promise<void> {
  const [config, exporters] = await configuration();
  if (config.workers === 1 || cluster.isWorker) return serve(config, exporters);
  new Primary(config, createLogger(config.logLevel)).start();
}

main().catch((error: NodeJS.ErrnoException) => {
  const hint = error.code === 'EADDRINUSE' ? 'The port is taken: set PORT to another one.\n' : '';
  console.error(hint + (error.stack ?? String(error)));
  process.exit(1);
});
