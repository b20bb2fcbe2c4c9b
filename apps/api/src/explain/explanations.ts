import { setImmediate } from 'node:timers/promises';
import { type CellKey, type ModelCells, PredictionCache } from '@adscale/cache';
import type { CtrModel } from '@adscale/ctr';
import { Injectable } from '@nestjs/common';
import { type CtrExplanation, ModelExplainer } from './explainer.js';

/** Explanations kept for one model: some 200 bytes each. */
const KEPT = 10_000;

/** One model's explainer and what it found; let go of together with the model. */
interface Explained {
  /** Made when it is first needed. */
  explainer?: Promise<ModelExplainer>;
  readonly cells: ModelCells<CtrExplanation>;
  readonly underWay: Map<CellKey, Promise<CtrExplanation>>;
}

/**
 * Explanations, each found once: they are the same for all rows of a cell. One is found at a time,
 * with everything else that the service has to do in between, and whoever asks for a cell that is
 * being explained waits for the same answer.
 */
@Injectable()
export class Explanations {
  private readonly models = new WeakMap<CtrModel, Explained>();
  private last: Promise<unknown> = Promise.resolve();

  /** @param row numbers in the order of the model's schema; must not change any more */
  async explain(model: CtrModel, row: Float64Array): Promise<CtrExplanation> {
    const explained = this.explained(model);
    const { cells, underWay } = explained;
    const cell = model.cellOf(row);
    const known = cells.get(cell) ?? underWay.get(cell);
    if (known !== undefined) return known;
    const found = this.inTurn(async () => {
      explained.explainer ??= ModelExplainer.create(model);
      return (await explained.explainer).explain(row);
    });
    underWay.set(cell, found);
    try {
      const explanation = await found;
      cells.set(cell, explanation);
      return explanation;
    } finally {
      underWay.delete(cell);
    }
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(() => setImmediate()).then(work);
    this.last = result.catch(() => {});
    return result;
  }

  private explained(model: CtrModel): Explained {
    const known = this.models.get(model);
    if (known !== undefined) return known;
    const cache = new PredictionCache<CtrExplanation>({ entries: KEPT, ttlMs: 0 });
    const explained = {
      cells: cache.forModel(model.digest),
      underWay: new Map<CellKey, Promise<CtrExplanation>>(),
    };
    this.models.set(model, explained);
    return explained;
  }
}
