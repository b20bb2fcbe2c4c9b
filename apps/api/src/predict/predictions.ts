import { type CellKey, digestKey, exactKey, hashRow, type FlatRecord } from '@adscale/cache';
import { roundCtr } from '@adscale/ctr';
import { ServiceStats } from '@adscale/stats';
import type { Answer, Serving } from '../model/served-model.js';

/** A CTR is answered to four decimals. */
const UNITS = 10_000;

/** By ten-thousandths, every prediction there can be as it is answered. */
const TEXTS = Array.from({ length: UNITS + 1 }, (_, units) =>
  JSON.stringify({ predicted_ctr: units / UNITS }),
);

/**
 * `{"predicted_ctr":…}`, without a number being turned into text or an object being made.
 * @param ctr rounded to four decimals, 0 to 1
 */
export function predictionText(ctr: number): string {
  return TEXTS[Math.round(ctr * UNITS)];
}

/** Hexadecimal digits that tell models apart: 64 bits of the digest. */
const MODEL_DIGITS = 16;

/**
 * Names a cell of a model, for the header `etag`. A numbered cell is named by its number: the hash that
 * other cells take costs more than finding the prediction.
 */
export function tagOf(modelDigest: string, cell: CellKey): string {
  if (typeof cell !== 'number') return `"${digestKey(modelDigest, cell)}"`;
  return `"${modelDigest.slice(0, MODEL_DIGITS)}-${cell}"`;
}

/**
 * Predicts rows, each cell once: the answer of a row is that of its cell, which is kept.
 *
 * ```
 * row ──code──▶ cell ──▶ kept answer, else ──at──▶ CTR ──▶ answer, kept from now on
 * ```
 */
export class Predictions {
  constructor(private readonly stats: ServiceStats) {}

  /**
   * Answers a row, and counts lookup and prediction.
   * @param row numbers in the order of the model's schema
   * @param record the valid record that the row was read from
   */
  of(serving: Serving, row: Float64Array, record: unknown): Answer {
    const { model, cells, counts, dimensions, words } = serving;
    const cell = model.code(row);
    const key = serving.key === 'cell' ? cell : exactKey(model.digest, record as FlatRecord);
    let answer = cells.get(key, hashRow(row) ^ words.bitsOf(row, record));
    this.stats.countLookup(answer !== undefined);
    if (answer === undefined) {
      const ctr = roundCtr(model.at(cell));
      answer = { ctr, body: predictionText(ctr), etag: tagOf(model.digest, cell) };
      cells.set(key, answer);
    }
    this.stats.countPrediction(counts, answer.ctr, dimensions.codesOf(row));
    words.count(row);
    return answer;
  }
}
