import type { RecordContract } from '@adscale/ctr';
import type { ServiceStats } from '@adscale/stats';
import { RecordAnswers } from '../batch/record-answers.js';
import type { Config } from '../config.js';
import type { Readiness } from '../health/readiness.js';
import type { ServedModel } from '../model/served-model.js';
import { Turn } from '../overload/turn.js';
import type { ProblemCode } from '../problem/catalogue.js';
import type { ProblemError } from '../problem/problem.js';
import type { BinarySource } from './binary-body.js';
import { refusal } from './inference-errors.js';
import {
  type ModelAddress,
  type ModelMetadata,
  checkName,
  modelMetadata,
  servingOf,
} from './inference-metadata.js';
import { mayLack, recordsOf } from './tensor-records.js';
import { type InferenceRequest, readInferenceRequest } from './tensors.js';

/** A refusal names at most this many wrong fields of a row. */
const MOST_REASONS = 20;

/** What was predicted for a request. */
export interface Inferred {
  readonly request: InferenceRequest;
  readonly modelName: string;
  /** The version that answered. */
  readonly version: string;
  /** A CTR for each row, 0.0001 to 1, four decimals. */
  readonly ctrs: readonly number[];
}

/** What the Open Inference Protocol asks of the service, in whichever writing it is asked. */
export class Inference {
  constructor(
    private readonly served: ServedModel,
    private readonly stats: ServiceStats,
    private readonly readiness: Readiness,
    private readonly config: Pick<Config, 'batchLimit' | 'modelName'>,
  ) {}

  /** Why no request should be sent here; undefined if they may. */
  obstacle(): ProblemCode | undefined {
    return this.readiness.obstacle();
  }

  /** @throws ProblemError NOT_FOUND, MODEL_NOT_LOADED */
  checkModel(address: ModelAddress): void {
    servingOf(this.served, address, this.config.modelName);
  }

  /** @throws ProblemError NOT_FOUND, and of a version MODEL_NOT_LOADED */
  metadata(address: ModelAddress): ModelMetadata {
    const { modelName } = this.config;
    checkName(address, modelName);
    if (address.version !== undefined) this.checkModel(address);
    const canary = this.served.trial('canary')?.version;
    const versions = [this.served.current?.model.version, canary];
    return modelMetadata(
      modelName,
      this.served.schema,
      versions.filter((one) => one !== undefined),
    );
  }

  /**
   * Predicts all rows of a request, or none, because the protocol has no place for the error of one.
   * @param body the request as the protocol writes it in JSON
   * @param binary where its tensors have binary data
   * @throws ProblemError NOT_FOUND, MODEL_NOT_LOADED, INVALID_INFERENCE, BATCH_TOO_LARGE
   */
  async infer(address: ModelAddress, body: unknown, binary?: BinarySource): Promise<Inferred> {
    const { batchLimit: mostRows, modelName } = this.config;
    const serving = servingOf(this.served, address, modelName);
    const { contract, model } = serving;
    const request = readInferenceRequest(body, {
      mayLack: (name) => mayLack(contract, name),
      mostRows,
      binary,
    });
    const records = recordsOf(request.tensors, contract, model.words);
    const ctrs = await predict(records, contract, new RecordAnswers(serving, this.stats));
    return { request, modelName, version: model.version, ctrs };
  }
}

/**
 * Predicts all records, or none. Other requests are answered in between.
 * @throws ProblemError INVALID_INFERENCE naming the first row that is not valid
 */
async function predict(
  records: readonly object[],
  contract: RecordContract,
  answers: RecordAnswers,
): Promise<number[]> {
  const turn = new Turn();
  const { width } = contract;
  const rows = new Float64Array(records.length * width);
  for (let i = 0; i < records.length; i++) {
    if (!contract.read(records[i], rows, i * width)) throw refusalOf(contract, records[i], i);
    if (turn.isOver()) await turn.pass();
  }
  const ctrs = new Array<number>(records.length);
  for (let i = 0; i < records.length; i++) {
    ctrs[i] = answers.predict(rows.subarray(i * width, (i + 1) * width));
    if (!turn.isOver()) continue;
    await turn.pass();
    answers.goOn();
  }
  return ctrs;
}

function refusalOf(contract: RecordContract, record: object, row: number): ProblemError {
  const reasons = contract.problems(record, MOST_REASONS).map(({ message }) => message);
  return refusal(`row ${row}: ${reasons.join('; ')}`);
}
