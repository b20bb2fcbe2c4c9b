import { createApp } from './app.js';
import { type Config, ConfigError, readConfig } from './config.js';
import { createLogger } from './logging/logger.js';
import { closeOnSignals } from './shutdown.js';

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

async function main(): Promise<void> {
  const config = configuration();
  const logger = createLogger(config.logLevel);
  const app = await createApp(config, logger);
  closeOnSignals(app, config, logger);
  await app.listen(config.port, config.host);
  const { port } = app.getHttpServer().address() as { port: number };
  const url = `http://localhost:${port}`;
  const links = { docs: `${url}/docs`, stats: `${url}/stats`, health: `${url}/health/ready` };
  logger.info({ port, host: config.host, ...links }, `AdScale is up: open ${links.docs}`);
}

main().catch((error: NodeJS.ErrnoException) => {
  const hint = error.code === 'EADDRINUSE' ? 'The port is taken: set PORT to another one.\n' : '';
  console.error(hint + (error.stack ?? String(error)));
  process.exit(1);
});
