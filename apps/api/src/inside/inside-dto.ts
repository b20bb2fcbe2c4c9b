import type { CtrModel } from '@adscale/ctr';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { checkRecord } from '../record/record-reading.js';

const VERSION = { type: 'string', example: '20260101-120000-3fa1c2d4' } as const;

const numbers = (description: string, example: (number | null)[]): ApiPropertyOptions => ({
  type: 'array',
  items: { type: 'number', nullable: true },
  description,
  example,
});

/** A record as a forest is asked by it. */
export class ColumnsAnswer {
  @ApiProperty(VERSION)
  version!: string;

  @ApiProperty(
    numbers(
      'The record in the order of the features: a category as its place, a word as its number; null for what is missing or not known.',
      [5000, 1, 0, 2500],
    ),
  )
  row!: (number | null)[];

  @ApiProperty({ type: [String], description: 'Names of the columns of the forest.' })
  names!: string[];

  @ApiProperty(
    numbers('The columns of the forest, to the last bit; null for NaN.', [5000, 1, 0, 2500]),
  )
  columns!: (number | null)[];
}

/** @throws ProblemError INVALID_RECORD */
export function columnsAnswer(model: CtrModel, record: unknown): ColumnsAnswer {
  const row = new Float64Array(model.contract.width);
  checkRecord(model.contract, record, row);
  const columns = Array.from(model.columnsOf(row));
  return {
    version: model.version,
    row: plain(row),
    names: namesOf(model),
    columns: plain(columns),
  };
}

/** The training rows that explanations compare with. */
export class BackgroundAnswer {
  @ApiProperty(VERSION)
  version!: string;

  @ApiProperty({ type: [String], description: 'Names of the columns of the forest.' })
  names!: string[];

  @ApiProperty({
    type: 'array',
    nullable: true,
    items: { type: 'array', items: { type: 'integer' } },
    description:
      'Columns that get one value together, in the order of `explained`; null where each has its own.',
    example: null,
  })
  groups!: (readonly number[])[] | null;

  @ApiProperty({ type: [String], description: 'What an explanation has a value for.' })
  explained!: string[];

  @ApiProperty({
    type: 'array',
    items: { type: 'array', items: { type: 'number', nullable: true } },
    description: 'Columns of each row; none where the model keeps no rows.',
    example: [[5000, 1, 0, 2500]],
  })
  rows!: (number | null)[][];

  @ApiProperty({
    type: [Number],
    nullable: true,
    description: 'How much each row counts; null: all alike.',
    example: [1],
  })
  weights!: readonly number[] | null;
}

export function backgroundAnswer(model: CtrModel): BackgroundAnswer {
  const { version, words, card } = model;
  // Cards of earlier trainers have none, whatever the type says.
  const background = (card as Partial<NonNullable<CtrModel['card']>> | undefined)?.background;
  const rows = background?.rows ?? [];
  return {
    version,
    names: namesOf(model),
    groups: words === undefined ? null : [...words.layout.groups],
    explained: [...model.explainedNames],
    rows: rows.map((row) => {
      const numbers = Float64Array.from(row, (value) => value ?? NaN);
      return plain(Array.from(model.columnsOf(numbers)));
    }),
    weights: background?.weights ?? null,
  };
}

class KnownWordAnswer {
  @ApiProperty({
    oneOf: [{ type: 'string' }, { type: 'integer' }],
    example: 'running shoes',
    description: 'As a record has it.',
  })
  word!: string | number;

  @ApiProperty({ type: 'number', example: 0.031, description: 'Its smoothed CTR in training.' })
  ctr!: number;

  @ApiProperty({
    type: 'number',
    example: 51234.5,
    description: 'Impressions that it is known by; fewer than it had where rows are alike.',
  })
  effective_impressions!: number;
}

/** What a search of words finds. */
export class WordsAnswer {
  @ApiProperty(VERSION)
  version!: string;

  @ApiProperty({ type: 'string', example: 'keyword' })
  feature!: string;

  @ApiProperty({ type: 'integer', example: 812345, description: 'Words that the model knows.' })
  known!: number;

  @ApiProperty({
    type: [KnownWordAnswer],
    description: 'Those that begin with the text first, and among these the commonest.',
  })
  words!: KnownWordAnswer[];
}

function namesOf({ forest }: CtrModel): string[] {
  return forest.schema.features.map(({ name }) => name);
}

/** JSON has no NaN. */
function plain(numbers: ArrayLike<number>): (number | null)[] {
  return Array.from(numbers, (value) => (Number.isNaN(value) ? null : value));
}
