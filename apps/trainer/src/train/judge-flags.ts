import {
  choiceRules,
  modelKinds,
  type ModelKind,
  type SplitBy,
  type TrainOptions,
} from '@adscale/ctr';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { InputError } from '../cli/exit.js';
import { share, wholeNumber } from '../cli/flags.js';
import type { Reporter } from '../cli/reporter.js';
import { tellCandidate } from '../score/summary.js';

/** What the flags of `addJudgeFlags` are read into. */
export interface JudgeFlags {
  readonly heldOut: number;
  /** Default: by date where rows have a time, else rows. */
  readonly splitBy?: 'rows' | 'date' | 'group';
  /** Default: chosen from the data where it is mapped, else a forest. */
  readonly model?: ModelKind | 'auto';
  readonly folds?: number;
  /** Seconds to search for. */
  readonly tune?: number;
  readonly report: boolean;
}

const TUNE_SECONDS = 60;

/** Adds the flags that say how a model is judged, tuned and reported on. */
export function addJudgeFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--held-out <share>', 'share of rows that only judge the model')
        .argParser(share)
        .default(0.2),
    )
    .addOption(
      new Option(
        '--split-by <what>',
        'hold out rows at random, the latest rows (date), or whole groups, such as campaigns; default: date if a time is mapped, else rows',
      ).choices(['rows', 'date', 'group']),
    )
    .addOption(
      new Option(
        '--model <kind>',
        `kind of model; auto compares all and takes the simplest within one standard error, or ${choiceRules.unnoticed} NE, of the best, and the average unless that is beaten by ${choiceRules.beyondChance} standard errors and ${choiceRules.leastGain} NE. Default: auto, and forest for the default features`,
      ).choices(['auto', ...modelKinds]),
    )
    .addOption(
      new Option(
        '--folds <k>',
        'also judge k forests, each on the fold that it did not see',
      ).argParser(folds),
    )
    .addOption(
      new Option(
        '--tune [seconds]',
        `search the settings that no flag fixes, by out-of-bag NE (${TUNE_SECONDS} s if not told)`,
      )
        .argParser(seconds)
        .preset(TUNE_SECONDS),
    )
    .option('--no-report', 'write no report.html and report.json beside the model');
}

function folds(text: string): number {
  const value = wholeNumber(text);
  if (value < 2) throw new InvalidArgumentError('wanted a whole number of 2 or more.');
  return value;
}

function seconds(text: string | number): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) {
    throw new InvalidArgumentError('wanted a number of seconds above 0.');
  }
  return value;
}

const splitNames: Readonly<Record<NonNullable<JudgeFlags['splitBy']>, SplitBy>> = {
  rows: 'rows',
  date: 'time',
  group: 'group',
};

/** What of the data decides where no flag does. */
export interface JudgedData {
  /** Have rows two or more moments? */
  readonly timed: boolean;
  /** Are the features the user's own? */
  readonly mapped: boolean;
}

/**
 * The options of `trainCtr` that the flags stand for; progress of folds and candidates is told.
 * @throws InputError if a kind of model without trees of the forest is to be tuned
 */
export function judgeOptions(
  flags: JudgeFlags,
  { timed, mapped }: JudgedData,
  reporter: Reporter,
): TrainOptions {
  if (flags.tune !== undefined && (flags.model === 'average' || flags.model === 'boosted')) {
    throw new InputError(
      `--tune: got --model ${flags.model}, wanted auto, forest or blend: the forest's settings are what it searches`,
    );
  }
  return {
    heldOutShare: flags.heldOut,
    split: { by: splitNames[flags.splitBy ?? (timed ? 'date' : 'rows')] },
    model: flags.model ?? (mapped ? 'auto' : 'forest'),
    ...(flags.folds === undefined
      ? {}
      : {
          folds: flags.folds,
          onFold: (done, all) => reporter.note(`fold ${done} of ${all} judged`),
        }),
    ...(flags.tune === undefined
      ? {}
      : {
          tune: {
            budgetSeconds: flags.tune,
            onCandidate: (candidate, best) => reporter.note(tellCandidate(candidate, best)),
          },
        }),
  };
}
