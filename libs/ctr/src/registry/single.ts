/*
 * The folder of one version, `model.adsf` and `model.json`, as a registry of that version, which nobody
 * can change: an orchestrator mounts a model so. Its name is the folder's, if that is a version's;
 * otherwise the one that it would be published under.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { modelDigest } from '@adscale/forest';
import { CtrError } from '../errors.js';
import { stampOf } from './folder.js';
import { NO_TRIALS, type Rollout } from './rollout.js';
import { VERSIONS } from './staging.js';
import type { Leftovers, RegistryStore } from './store.js';
import { CARD_FILE, isVersionName, MODEL_FILE, versionName } from './versions.js';

export class SingleStore implements RegistryStore {
  private named: Promise<string> | undefined;

  constructor(readonly location: string) {}

  /** Whether a folder holds a version's files, and no registry. */
  static isAt(folder: string): boolean {
    const holds = (name: string) => existsSync(join(folder, name));
    return holds(MODEL_FILE) && holds(CARD_FILE) && !holds(VERSIONS);
  }

  get pointerName(): string {
    return this.location;
  }

  async pointer(): Promise<string[]> {
    return [await this.name()];
  }

  versions(): Promise<string[]> {
    return this.pointer();
  }

  async tags(): Promise<ReadonlyMap<string, string>> {
    return new Map();
  }

  async rollout(): Promise<Rollout> {
    return NO_TRIALS;
  }

  change(): Promise<never> {
    return this.refuse();
  }

  /** It is told when it is to be changed, as of every folder. */
  async checkWritable(): Promise<void> {}

  add(): Promise<never> {
    return this.refuse();
  }

  remove(): Promise<never> {
    return this.refuse();
  }

  fileOf(_version: string, name: string): string {
    return join(this.location, name);
  }

  async fetch(version: string, name: string): Promise<string> {
    const path = this.fileOf(version, name);
    if (version === (await this.name())) return path;
    throw Object.assign(new Error(`${path} is not of ${version}`), { code: 'ENOENT', path });
  }

  async stamp(version: string, name: string): Promise<string | undefined> {
    return version === (await this.name()) ? stampOf(this.fileOf(version, name)) : undefined;
  }

  async leftovers(): Promise<Leftovers> {
    return { swept: [] };
  }

  retraining(): Promise<never> {
    return this.refuse();
  }

  private async refuse(): Promise<never> {
    const detail = `${this.location} is the folder of one version, wanted a registry, as the folder that holds ${VERSIONS}/`;
    throw new CtrError('REGISTRY_READ_ONLY', detail);
  }

  /** Found once: the files of a version never change. */
  private name(): Promise<string> {
    this.named ??= this.findName().catch((error: unknown) => {
      this.named = undefined;
      throw error;
    });
    return this.named;
  }

  private async findName(): Promise<string> {
    const own = basename(resolve(this.location));
    if (isVersionName(own)) return own;
    const digest = modelDigest(await readFile(join(this.location, MODEL_FILE)));
    const card: unknown = JSON.parse(await readFile(join(this.location, CARD_FILE), 'utf8'));
    const { created_at } = card as { created_at: string };
    return versionName(created_at, digest);
  }
}
