import { type ChildProcess, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { readText } from './manifests.js';
import { program, startApi, stopApi } from './watched-service.js';

/** The built API, with the environment that a manifest gives it. */
export class DeployedService {
  private constructor(
    private readonly process: ChildProcess,
    private readonly url: string,
  ) {}

  /** @param folder where models would be */
  static async start(folder: string, environment: Record<string, string>) {
    const { service, url } = await startApi({ MODEL_DIR: folder, ...environment });
    return new DeployedService(service, url);
  }

  async status(path: string, method = 'GET', key?: string): Promise<number> {
    const answer = await fetch(this.url + path, { method, headers: keyed(key) });
    await answer.arrayBuffer();
    return answer.status;
  }

  /** The JSON that a body of JSON is answered. */
  async post(path: string, body: string, key?: string): Promise<unknown> {
    const headers = { 'content-type': 'application/json', ...keyed(key) };
    return (await fetch(this.url + path, { method: 'POST', headers, body })).json();
  }

  /** What is answered 200 the second time, when the first one has been counted. */
  async text(path: string, key?: string): Promise<string> {
    await this.status(path, 'GET', key);
    const answer = await fetch(this.url + path, { headers: keyed(key) });
    if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}`);
    return answer.text();
  }

  async stop(): Promise<void> {
    await stopApi(this.process);
  }
}

const keyed = (key?: string): Record<string, string> =>
  key === undefined ? {} : { 'x-api-key': key };

/** What the API says of an environment before it starts: nothing if it takes it. */
export function objectionsTo(environment: Record<string, string>): string {
  const config = pathToFileURL(join(dirname(program('api')), 'config.js'));
  const script = `import { readConfig } from ${JSON.stringify(config.href)}; readConfig(process.env);`;
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script],
    { env: { PATH: process.env.PATH, ...environment }, encoding: 'utf8' },
  );
  return status === 0 ? '' : stderr;
}

/** Variables that the client of the object store reads by itself: the AWS SDK's, as AWS documents them. */
const AWS = ['AWS_REGION', 'AWS_ENDPOINT_URL_S3', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

/** Names of the variables that an app reads. */
export function promised(app: 'api' | 'trainer'): ReadonlySet<string> {
  // A test of the API holds this table to its settings.
  const ofApi = readText('apps/api/README.md').matchAll(/^\| `([A-Z_]+)` +\|/gm);
  const ofTrainer = ['train', 'retrain'].flatMap((command) => [
    ...trainerHelp(command).matchAll(/\benv:\s+(\w+)/g),
  ]);
  return new Set([...(app === 'api' ? ofApi : ofTrainer)].map(([, name]) => name!).concat(AWS));
}

const helps = new Map<string, string>();

function trainerHelp(command: string): string {
  const told =
    helps.get(command) ??
    spawnSync(process.execPath, [program('trainer'), command, '--help'], { encoding: 'utf8' })
      .stdout;
  helps.set(command, told);
  return told;
}

/** Flags of a command of the trainer. */
export function trainerFlags(command: string): string[] {
  return trainerHelp(command).match(/--[a-z-]+/g) ?? [];
}

let secrets: ReadonlyMap<string, Record<string, string>> | undefined;

/**
 * The secrets that the commands of `tools/deploy/README.md` make, by name: those commands are run, with a
 * `kubectl` that prints what it would create.
 */
export function readmeSecrets(): ReadonlyMap<string, Record<string, string>> {
  secrets ??= runReadme();
  return secrets;
}

function runReadme(): ReadonlyMap<string, Record<string, string>> {
  const blocks = readText('tools/deploy/README.md').matchAll(/^ *```bash\n(.*?)^ *```/gms);
  const making = [...blocks].map(([, body]) => body!).filter((body) => body.includes('keys/'));
  const commands = making.filter((body) => body.includes('create secret')).join('\n');
  const folder = mkdtempSync(join(tmpdir(), 'adscale-keys-'));
  try {
    const printing = join(folder, 'kubectl');
    writeFileSync(
      printing,
      `#!/bin/sh
case "$*" in
  *'create secret'*) PATH="$REAL_PATH" kubectl "$@" --dry-run=client -o yaml && echo --- ;;
  *'delete secret adscale-api '*) ;;
  *) echo "kubectl $*: not expected here" >&2; exit 1 ;;
esac
`,
    );
    chmodSync(printing, 0o755);
    const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', commands], {
      cwd: folder,
      env: {
        ...process.env,
        PATH: `${folder}${delimiter}${process.env.PATH}`,
        REAL_PATH: process.env.PATH,
      },
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`the README's commands failed: ${stderr}`);
    const made = parseAllDocuments(stdout)
      .map((document) => document.toJS())
      .filter((one) => one !== null);
    // Of those of one name, the later one replaces the earlier.
    return new Map(made.map(({ metadata, data }) => [metadata.name, decoded(data)]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const decoded = (data: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]),
  );
