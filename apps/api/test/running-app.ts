import type { Server } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request, { type Test } from 'supertest';
import { readConfig } from '../src/config.js';
import { createLogger } from '../src/logging/logger.js';
import { Service } from '../src/service.js';
import { openTraining } from '../src/training/training.js';
import { temporaryStore } from './store/temporary.js';

/** The record of the README's first request. */
export const sample = { impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500.0 };

/** A free port, no looks at the registry but those asked for, and none of a machine's own haste. */
export const quietSettings = {
  PORT: '0',
  HOST: '127.0.0.1',
  MODEL_POLL_MS: '0',
  // Other programs of the machine must not make the service shed requests.
  MAX_LAG_MS: '0',
  // Outcomes are judged when a test asks.
  MONITORING_SECONDS: '0',
};

/** The real service on a free port, and what it logged. */
export interface RunningApp {
  /** The app that answers now. */
  readonly app: NestFastifyApplication;
  readonly server: Server;
  /** Undefined unless GRPC_PORT was set. */
  readonly grpcPort: number | undefined;
  readonly logs: Record<string, unknown>[];
  post(body: unknown, type?: string): Test;
  get(path: string): Test;
  startDraining(): void;
  close(): Promise<void>;
}

/**
 * Starts the service in this process with these environment variables.
 * @param training what of training is the test's own, such as its timer
 */
export async function runApp(
  environment: Record<string, string>,
  training?: Parameters<typeof openTraining>[2],
): Promise<RunningApp> {
  const logs: Record<string, unknown>[] = [];
  const config = readConfig({
    ...quietSettings,
    OUTCOMES_URL: temporaryStore(),
    ...environment,
  });
  const logger = createLogger(config.logLevel, { write: (line) => logs.push(JSON.parse(line)) });
  const service = new Service(config, logger, undefined, openTraining(config, logger, training));
  await service.start();
  const { server } = service;
  return {
    get app() {
      return service.current;
    },
    server,
    grpcPort: service.grpcPort,
    logs,
    // Strings are sent as they are, so that a test can send what is not JSON.
    post: (body, type = 'application/json') =>
      request(server)
        .post('/predict_ctr')
        .set('content-type', type)
        .send(typeof body === 'string' ? body : JSON.stringify(body)),
    get: (path) => request(server).get(path),
    startDraining: () => service.startDraining(),
    close: () => service.close(),
  };
}
