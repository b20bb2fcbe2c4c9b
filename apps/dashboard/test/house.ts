/*
 * The real service with the built page, and a real browser that visits it. Everything that a browser
 * complains about is kept, and `close` fails if anything was: a page must be quiet.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type * as Axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const APPS = resolve(__dirname, '../..');
const API = join(APPS, 'api/dist/main.js');
export const TRAINER = join(APPS, 'trainer/dist/main.js');
/** Milliseconds that anything may take on a busy machine before a test gives up. */
const PATIENCE_MS = 60_000;

/** Runs a command of the trainer to its end. @returns what it printed */
export async function adscale(...args: string[]): Promise<string> {
  const options = { maxBuffer: 2 ** 26 };
  return (await promisify(execFile)(process.execPath, [TRAINER, ...args], options)).stdout;
}

/** How a visitor sees the page. */
export interface Visitor {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly reducedMotion?: 'reduce' | 'no-preference';
}

/** A phone, and a desk. */
export const phone: Visitor = { width: 390, height: 844 };
export const desk: Visitor = { width: 1440, height: 900 };

/** A service in a process of its own. */
export class Service {
  private constructor(
    private readonly process: ChildProcess,
    readonly url: string,
  ) {}

  /** Starts it on a free port, or the one given. @param settings environment variables */
  static async start(settings: Record<string, string>): Promise<Service> {
    const env = { ...process.env, HOST: '127.0.0.1', PORT: '0', MAX_LAG_MS: '0', ...settings };
    const child = spawn(process.execPath, [API], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout! })) {
      said.push(line);
      const { port } = JSON.parse(line);
      if (port === undefined) continue;
      child.stdout!.resume();
      return new Service(child, `http://127.0.0.1:${port}`);
    }
    throw new Error(`the service ended before it listened:\n${said.join('\n')}`);
  }

  get port(): string {
    return new URL(this.url).port;
  }

  /** Asks it as a program does. */
  async ask(path: string, init: RequestInit & { json?: unknown } = {}): Promise<Response> {
    const { json, ...rest } = init;
    if (json === undefined) return fetch(this.url + path, rest);
    const headers = { 'content-type': 'application/json', ...(rest.headers as object) };
    return fetch(this.url + path, { method: 'POST', ...rest, headers, body: JSON.stringify(json) });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, 'exit');
    this.process.kill(signal);
    await gone;
  }
}

/** A folder for a model and outcomes, and browsers that look at services of it. */
export class House {
  private browser: Browser | undefined;
  private readonly contexts: BrowserContext[] = [];
  private readonly services: Service[] = [];
  /** What browsers complained about. */
  readonly complaints: string[] = [];

  private constructor(readonly folder: string) {}

  static async open(): Promise<House> {
    return new House(await mkdtemp(join(tmpdir(), 'adscale-house-')));
  }

  get models(): string {
    return join(this.folder, 'models');
  }

  /** Trains a small model on generated records, or as told. */
  async train(...options: string[]): Promise<void> {
    const size = options.length > 0 ? options : ['--rows', '2000', '--trees', '20'];
    await adscale('train', '--output', this.models, '--yes', ...size);
  }

  async serve(settings: Record<string, string> = {}): Promise<Service> {
    const OUTCOMES_URL = `file:${join(this.folder, 'outcomes.db')}`;
    const service = await Service.start({ MODEL_DIR: this.models, OUTCOMES_URL, ...settings });
    this.services.push(service);
    return service;
  }

  /** Opens a tab of its own, with nothing remembered. @param path behind the hash, such as `/live` */
  async visit(service: Service, path = '', visitor: Visitor = desk): Promise<Page> {
    this.browser ??= await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      // Drawing by a simulated graphics card takes more of the processor than the page does.
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
    });
    const { width = 1440, height = 900, ...media } = visitor;
    const context = await this.browser.newContext({ viewport: { width, height }, ...media });
    context.setDefaultTimeout(PATIENCE_MS);
    this.contexts.push(context);
    const page = await context.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    await page.goto(`${service.url}/${path === '' ? '' : `#${path}`}`);
    return page;
  }

  /** Closes all tabs, so that nothing of them is heard any more. */
  async leave(): Promise<void> {
    await Promise.all(this.contexts.splice(0).map((context) => context.close()));
  }

  /** Takes complaints that a test has caused on purpose out of those that `close` fails by. */
  forgive(expected: RegExp): void {
    const left = this.complaints.filter((complaint) => !expected.test(complaint));
    this.complaints.splice(0, this.complaints.length, ...left);
  }

  /** Closes everything. @throws Error with what browsers complained about */
  async close(): Promise<void> {
    await this.leave();
    await this.browser?.close();
    await Promise.all(this.services.map((service) => service.stop()));
    await rm(this.folder, { recursive: true, force: true });
    if (this.complaints.length > 0) throw new Error(this.complaints.join('\n'));
  }
}

const axe = readFile(require.resolve('axe-core/axe.min.js'), 'utf8');

/** What keeps people from using the page as it is now, by WCAG 2.2 AA, a line each: none is right. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(await axe);
  return page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const { axe } = window as unknown as { axe: typeof Axe };
    const { violations } = await axe.run(document, { runOnly: { type: 'tag', values: tags } });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
    );
  });
}
