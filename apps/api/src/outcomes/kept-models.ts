import { type ModelCard, type RecordSchema, Vocabulary } from '@adscale/ctr';
import type { Kysely } from 'kysely';
import type { ModelRow } from '../store/outcome-tables.js';
import type { Tables } from '../store/tables.js';

/** Words by the name of their feature, as a `Vocabulary` has them. */
type WordBytes = Readonly<Record<string, Pick<Vocabulary, 'bytes' | 'ends'>>>;

/** Rows that a model was trained with, and what they held of each feature. */
export type Training = Pick<ModelCard['training'], 'rows' | 'ranges'>;

/** A model for whoever must read its prediction ids later, or judge its predictions. */
export interface ModelToKeep {
  readonly version: string;
  readonly digest: string;
  readonly schema: RecordSchema;
  readonly words: WordBytes;
  /** Null where no card tells. */
  readonly training: Training | null;
}

/** What `ModelRow.schema` holds. */
export interface KeptModel {
  readonly schema: RecordSchema;
  /** By the name of a feature, the words by their numbers. */
  readonly words: Readonly<Record<string, readonly string[]>>;
}

/** Keeps what it takes to read ids of a model, and what it was trained with. Its words become texts here, off the event loop. */
export async function keepModel(
  db: Kysely<Tables>,
  { version, digest, schema, words, training }: ModelToKeep,
): Promise<void> {
  if (training !== null) {
    await db
      .insertInto('trainings')
      .values({ version, training: JSON.stringify(training) })
      .onConflict((conflict) => conflict.column('version').doNothing())
      .execute();
  }
  const known = await db
    .selectFrom('models')
    .select('digest')
    .where('digest', '=', digest)
    .executeTakeFirst();
  if (known !== undefined) return;
  const texts = Object.entries(words).map(([name, { bytes, ends }]) => [
    name,
    new Vocabulary(bytes, ends).words(),
  ]);
  const kept: KeptModel = { schema, words: Object.fromEntries(texts) };
  await db
    .insertInto('models')
    .values({ version, digest, schema: JSON.stringify(kept) })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .execute();
}

/** What the model of this version was trained with; undefined where that is not known. */
export async function trainingOf(
  db: Kysely<Tables>,
  version: string,
): Promise<Training | undefined> {
  const kept = db.selectFrom('trainings').select('training').where('version', '=', version);
  const row = await kept.executeTakeFirst();
  return row && (JSON.parse(row.training) as Training);
}

/** The model whose digest begins so. */
export function findModel(
  db: Kysely<Tables>,
  { digest }: { readonly digest: string },
): Promise<ModelRow | undefined> {
  return db.selectFrom('models').selectAll().where('digest', '=', digest).executeTakeFirst();
}
