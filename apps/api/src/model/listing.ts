import type { ModelCard, Registry } from '@adscale/ctr';
import {
  type ModelsAnswer,
  type RolloutAnswer,
  type VersionAnswer,
  metricsOf,
} from './models-dto.js';
import { type ModelLoader, refusalFor } from './loader.js';
import { ROLES } from './rollout.js';
import type { ServedModel } from './served-model.js';

/** What is listed of a version's card. */
type CardSummary = Pick<VersionAnswer, 'created_at' | 'metrics' | 'refused'>;

/** Tells what models there are and what each does here. */
export class ModelListing {
  /** Cards never change, so each is read once. */
  private readonly summaries = new Map<string, CardSummary>();
  private readonly digests = new Map<string, string>();

  constructor(
    private readonly registry: Registry,
    private readonly loader: ModelLoader,
    private readonly served: ServedModel,
  ) {}

  /** All versions of the registry, newest first, and what is served and tried here. */
  async list(): Promise<ModelsAnswer> {
    const versions = (await this.registry.versions()).reverse();
    this.forgetAllBut(versions);
    for (const { version, digest } of this.served.models()) this.digests.set(version, digest);
    const listed = await Promise.all(versions.map((version) => this.versionAnswer(version)));
    return { ...(await this.rollout()), versions: listed };
  }

  /** What is served and tried here now. */
  async rollout(): Promise<RolloutAnswer> {
    const { served, registry } = this;
    return {
      serving: served.current?.model.version ?? null,
      current: (await registry.current()) ?? null,
      previous: (await registry.previous()) ?? null,
      canary: served.trial('canary'),
      shadow: served.trial('shadow'),
    };
  }

  /**
   * The card of a version, but for the training rows that it keeps for explanations: whoever may
   * ask for predictions is not thereby let in on the data.
   * @throws CtrError VERSION_UNKNOWN, VERSION_BROKEN
   */
  async card(version: string): Promise<Partial<ModelCard>> {
    const card: { -readonly [K in keyof ModelCard]?: ModelCard[K] } = {
      ...(await this.registry.card(version)),
    };
    delete card.background;
    return card;
  }

  private async versionAnswer(version: string): Promise<VersionAnswer> {
    const { loader, served, digests } = this;
    const roles = ROLES.filter((role) => served.trial(role)?.version === version) as string[];
    if (served.current?.model.version === version) roles.unshift('current');
    const { created_at, metrics, refused } = await this.summary(version);
    return {
      version,
      created_at,
      digest: digests.get(version) ?? null,
      metrics,
      loaded: roles.length > 0,
      roles,
      refused: loader.refusalOf(version) ?? refused,
    };
  }

  private async summary(version: string): Promise<CardSummary> {
    const known = this.summaries.get(version);
    if (known !== undefined) return known;
    try {
      const card: Partial<ModelCard> = await this.registry.card(version);
      const { created_at = null } = card;
      const summary = { created_at, metrics: metricsOf(card), refused: null };
      this.summaries.set(version, summary);
      return summary;
    } catch (error) {
      return { created_at: null, metrics: null, refused: refusalFor(error).message };
    }
  }

  private forgetAllBut(versions: readonly string[]): void {
    for (const known of [this.summaries, this.digests]) {
      for (const version of known.keys()) if (!versions.includes(version)) known.delete(version);
    }
  }
}
