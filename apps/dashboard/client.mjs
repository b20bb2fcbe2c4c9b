/*
 * Writes src/api/schema.d.ts: the types of the service's answers, generated from what a service of this
 * workspace says of itself. It is started without a model, so that the routes are those of the default
 * features; models with others have the same routes, and the page asks them what they are.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import generate, { astToString } from 'openapi-typescript';

const folder = await mkdtemp(join(tmpdir(), 'adscale-client-'));
const main = fileURLToPath(new URL('../api/dist/main.js', import.meta.url));
const service = spawn(process.execPath, [main], {
  env: {
    ...process.env,
    ...{ PORT: '0', HOST: '127.0.0.1', MODEL_DIR: folder, OUTCOMES_URL: 'off', DASHBOARD: 'off' },
    ...{ LOG_LEVEL: 'info', API_KEYS: '', WORKERS: '1' },
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const gone = once(service, 'exit');
try {
  const address = await addressOf(service);
  const document = await (await fetch(`${address}/docs-json`)).json();
  const text = astToString(await generate(document));
  await writeFile(fileURLToPath(new URL('src/api/schema.d.ts', import.meta.url)), text);
} finally {
  service.kill();
  await gone;
  await rm(folder, { recursive: true, force: true });
}

/** Where a service listens, as its log says. */
async function addressOf({ stdout }) {
  for await (const line of createInterface({ input: stdout })) {
    const { port } = JSON.parse(line);
    if (port !== undefined) return `http://127.0.0.1:${port}`;
  }
  throw new Error('the service ended before it listened');
}
