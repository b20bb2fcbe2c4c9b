import { createHash, randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Registry, defaultSchema } from '@adscale/ctr';
import { type RunningApp, runApp } from './running-app.js';
import {
  emptyFolder,
  modelFolder,
  trainMissing,
  trainModel,
  trainWords,
} from './trained-models.js';

const API = resolve(__dirname, '..');
const ROOT = resolve(API, '../..');

const KEY = randomBytes(16).toString('hex');
const API_KEYS = `ops:predict+outcomes+admin:${createHash('sha256').update(KEY).digest('hex')}`;
/** The READMEs' outcomes are of a day that gets older. */
const KEEP = { OUTCOMES_RETENTION_DAYS: '36500' };
const VERSION = /\d{8}-\d{6}-[0-9a-f]{8}/g;
/** Of decisions and experiments. */
const ID = /(\/(?:decisions|experiments|training\/files|training\/jobs)\/)[\w-]{12,21}/g;
/** Of files to train on. */
const FILE = /("file":")[\w-]{21}/g;

/** A tool as its users start it. It ends with status 0, or this rejects with what it wrote. */
async function run(script: string, folder: string, ...args: string[]): Promise<string> {
  const running = promisify(execFile)(process.execPath, [script, ...args], {
    cwd: folder,
    // The linter would look for news of itself otherwise.
    env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    maxBuffer: 2 ** 24,
  });
  return running.then(
    ({ stdout }) => stdout,
    (error) => {
      throw new Error(`${script}\n${error.stdout}\n${error.stderr}`);
    },
  );
}

const binary = (name: string, path: string) =>
  join(resolve(require.resolve(`${name}/package.json`), '..'), path);

/** What a user does: generates types from the running service, compiles strictly, and runs. */
async function runClient(name: string, api: RunningApp, ...args: string[]): Promise<unknown[]> {
  const { port } = api.server.address() as { port: number };
  const address = `http://127.0.0.1:${port}`;
  await run(
    binary('openapi-typescript', 'bin/cli.js'),
    folder,
    ...[`${address}/docs-json`, '--output', 'schema.ts'],
  );
  await copyFile(join(__dirname, `client/${name}.ts`), join(folder, `${name}.ts`));
  const compilerOptions = {
    ...{ strict: true, target: 'es2023', module: 'nodenext', types: ['node'], outDir: 'out' },
    ...{ noUncheckedSideEffectImports: true, noUnusedLocals: true, skipLibCheck: false },
  };
  const project = { compilerOptions, files: [`${name}.ts`] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(project));
  await run(binary('typescript', 'bin/tsc'), folder, '--project', '.');
  const said = await run(join(folder, `out/${name}.js`), folder, address, ...args);
  return said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The document without errors and warnings of the recommended rules. */
async function lint(api: RunningApp): Promise<void> {
  await writeFile(join(folder, 'openapi.json'), (await api.get('/docs-json').expect(200)).text);
  const options = ['--extends', 'recommended', '--format', 'json'];
  const cli = binary('@redocly/cli', 'bin/cli.js');
  const report = JSON.parse(await run(cli, folder, 'lint', 'openapi.json', ...options));
  expect(report.problems).toEqual([]);
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly status?: number;
}

/** A call in a form in which equal calls are equal. */
function plain({ method, path, body }: Call): string {
  // A file is not shown.
  if (path.startsWith('/training/files')) return JSON.stringify([method, path]);
  const lines = body.trim().split('\n');
  const parsed = lines.length > 1 && path.endsWith('stream') ? lines : body && JSON.parse(body);
  return JSON.stringify([method, path, sorted(parsed)])
    .replace(VERSION, 'VERSION')
    .replace(ID, '$1ID')
    .replace(FILE, '$1FILE');
}

/** With the keys of objects in order, and without the lines' own spaces. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value === 'string') return value.replace(/\s/g, '').replace('.0}', '}');
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, sorted(one)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The calls that the READMEs show with curl. */
async function callsOfReadmes(): Promise<Call[]> {
  const texts = await Promise.all(
    [join(ROOT, 'README.md'), join(API, 'README.md')].map((path) => readFile(path, 'utf8')),
  );
  const commands = texts.flatMap((text) => [
    ...text.matchAll(
      /^(?:\$ )?(?:printf '%s\\n' (.*) \| )?curl ([^\n]*(?:\n(?!```|\$ )[^\n]*)*)/gm,
    ),
  ]);
  return commands.flatMap(([, lines, command]) => {
    const address = /(?:http:\/\/)?localhost:8000(\/[^\s'"]*)/.exec(command);
    if (address === null) return [];
    const data = /-d '([^']*)'/.exec(command)?.[1];
    const printed = lines?.split(/'\s+'/).map((line) => line.replace(/^'|'$/g, ''));
    const body = data ?? (printed === undefined ? '' : `${printed.join('\n')}\n`);
    const method = /-X (\w+)/.exec(command)?.[1] ?? (data === undefined ? 'GET' : 'POST');
    return [{ method, path: address[1], body }];
  });
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adscale-client-'));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a client generated from the running service', () => {
  it('compiles in strict mode and makes every call of the READMEs', async () => {
    const MODEL_DIR = await modelFolder();
    const registry = new Registry(MODEL_DIR);
    const { bytes, card } = await trainModel(defaultSchema, 0.2);
    const other = await registry.publish(bytes, card, { promote: false });
    const trainer = { TRAINER: 'on', UPLOAD_DIR: await emptyFolder() };
    const api = await runApp({ MODEL_DIR, API_KEYS, DECISION_LOG: 'on', ...trainer, ...KEEP });
    try {
      const version = (await registry.current())!;
      const made = (await runClient('readme', api, KEY, version, other)) as Call[];
      expect(made.filter(({ status }) => status !== 200)).toEqual([]);
      const shown = await callsOfReadmes();
      // One for each block of the READMEs that asks the service something.
      expect(shown.length).toBeGreaterThan(13);
      expect(made.map(plain)).toEqual(expect.arrayContaining(shown.map(plain)));
      await lint(api);
    } finally {
      await api.close();
    }
  }, 180_000);

  it.each([
    [
      'words',
      () => trainWords(),
      [
        [200, 'keyword'],
        [422, ['creative']],
        [4, ['shoes']],
      ],
    ],
    ['missing', () => trainMissing(), [['number'], [422, ['device_type']]]],
  ] as const)(
    'knows the records of models with %s',
    async (name, train, wanted) => {
      const MODEL_DIR = await emptyFolder();
      const { bytes, card } = await train();
      await new Registry(MODEL_DIR).publish(bytes, card);
      const api = await runApp({ MODEL_DIR });
      try {
        expect(await runClient(name, api)).toEqual(wanted);
        await lint(api);
      } finally {
        await api.close();
      }
    },
    180_000,
  );
});
