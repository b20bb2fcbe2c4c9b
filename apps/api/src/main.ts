import cluster from 'node:cluster';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { createApp } from './app.js';
import { say } from './cluster/messages.js';
import { Primary } from './cluster/primary.js';
import { type Config, ConfigError, readConfig } from './config.js';
import { createLogger } from './logging/logger.js';
import { Shutdown } from './shutdown.js';
import { PointerFollower } from './model/pointer.js';
import { ServiceFigures } from './stats/service-figures.js';

/** Exit code when the environment is wrong: starting again will not help. */
const WRONG_CONFIGURATION = 2;

function configuration(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`The configuration is wrong.\n${error.message}`);
    process.exit(WRONG_CONFIGURATION);
  }
}

async function serve(config: Config): Promise<void> {
  const logger = createLogger(config.logLevel);
  let app = await open(config, logger);
  // What this worker counted last, or it would be lost with it.
  const sayLast = () => say({ kind: 'figures', ask: 0, figures: app.get(ServiceFigures).own() });
  const shutdown = new Shutdown(() => app, config, logger, sayLast);
  shutdown.onUncaughtErrors().on('SIGTERM');
  // Ctrl-C reaches all processes of a terminal; the workers are told by the primary.
  if (cluster.isWorker) process.on('SIGINT', () => {});
  else shutdown.on('SIGINT');
  const { port } = app.getHttpServer().address() as { port: number };
  say({ kind: 'up', port });
  // Routes are made for a model. If the first one comes later and has other features, they are
  // made anew: until then there was nothing to predict with.
  app.get(PointerFollower).onOtherFeatures = async () => {
    logger.info('the first model has other features: routes are made anew');
    await app.close();
    app = await open({ ...config, port }, logger);
  };
}

async function open(config: Config, logger: Logger): Promise<NestFastifyApplication> {
  const app = await createApp(config, logger);
  await app.listen(config.port, config.host);
  const { port } = app.getHttpServer().address() as { port: number };
  const url = `http://localhost:${port}`;
  const links = { docs: `${url}/docs`, stats: `${url}/stats`, health: `${url}/health/ready` };
  logger.info({ port, host: config.host, ...links }, `AdScale is up: open ${links.docs}`);
  return app;
}

async function main(): Promise<void> {
  const config = configuration();
  if (config.workers === 1 || cluster.isWorker) return serve(config);
  new Primary(config, createLogger(config.logLevel)).start();
}

main().catch((error: NodeJS.ErrnoException) => {
  const hint = error.code === 'EADDRINUSE' ? 'The port is taken: set PORT to another one.\n' : '';
  console.error(hint + (error.stack ?? String(error)));
  process.exit(1);
});
