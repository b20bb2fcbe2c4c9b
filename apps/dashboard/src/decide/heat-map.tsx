/* CTR of all placements that were looked at, by two of their features. */
import { useMemo } from 'react';
import { useQuery } from '@tanstack/react-query';
import { ask, type Schemas } from '../api/client.js';
import { Select } from '../shell/controls.js';
import { Shown } from '../shell/states.js';
import { askText, type Question } from './asking.js';
import { labelOf } from './columns.js';
import { draftStore, useDraft } from './draft.js';
import { type MapField, MapPicture } from './map-picture.js';

type Answer = Schemas['OpportunitiesAnswer'];
type Values = readonly (string | number)[];
type Placement = Readonly<Record<string, string | number>>;

/** Most values that an axis has room for. */
const MOST_VALUES = 40;
/** Words that one search finds. */
const MOST_WORDS = 100;

/** What was looked at, as records: the rows, or every combination of the variations. */
async function lookedAt({ body }: Question, signal: AbortSignal): Promise<Placement[]> {
  if (body.placements !== undefined) {
    return (body.placements as { record: Placement }[]).map(({ record }) => record);
  }
  let all = [body.base as Placement];
  for (const [name, given] of Object.entries(body.vary as Record<string, Values | number>)) {
    const values = typeof given === 'number' ? await commonest(name, given, signal) : given;
    all = all.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  }
  return all;
}

/** The words that the service looks at where it is told how many. */
async function commonest(feature: string, most: number, signal: AbortSignal): Promise<Values> {
  const query = new URLSearchParams({ feature, limit: String(Math.min(most, MOST_WORDS)) });
  const response = await ask(`/models/current/words?${query}`, { signal });
  return ((await response.json()) as Schemas['WordsAnswer']).words.map(({ word }) => word);
}

/** Features with more than one value, and no more than an axis has room for; the fewest values first. */
export function axesOf(placements: readonly Placement[]): string[] {
  const names = [...new Set(placements.flatMap((placement) => Object.keys(placement)))];
  return names
    .map((name) => ({ name, values: new Set(placements.map((one) => one[name])).size }))
    .filter(({ values }) => values > 1 && values <= MOST_VALUES)
    .sort((a, b) => a.values - b.values)
    .map(({ name }) => name);
}

/** Fields of the map: the mean CTR where several placements share one. */
export function fieldsOf(
  placements: readonly Placement[],
  ctrs: readonly (number | undefined)[],
  x: string,
  y: string,
): MapField[] {
  const fields = new Map<string, Omit<MapField, 'ctr'> & { sum: number }>();
  for (const [i, placement] of placements.entries()) {
    const ctr = ctrs[i];
    if (ctr === undefined) continue;
    const own = { x: String(placement[x] ?? '–'), y: String(placement[y] ?? '–') };
    const key = JSON.stringify([own.x, own.y]);
    const field = fields.get(key) ?? { ...own, first: i, sum: 0, placements: 0 };
    fields.set(key, { ...field, sum: field.sum + ctr, placements: field.placements + 1 });
  }
  return [...fields.values()].map(({ sum, ...field }) => ({
    ...field,
    ctr: sum / field.placements,
  }));
}

interface Mapped {
  readonly placements: readonly Placement[];
  readonly ctrs: readonly (number | undefined)[];
}

export function HeatMap({ answer, question }: { answer: Answer; question: Question }) {
  const query = useQuery({
    queryKey: ['decide', 'map', answer.model_version, question.text],
    staleTime: Infinity,
    queryFn: async ({ signal }): Promise<Mapped> => {
      const placements = await lookedAt(question, signal);
      interface Batch {
        predictions: readonly { readonly predicted_ctr?: number }[];
      }
      const text = JSON.stringify(placements);
      const { predictions } = await askText<Batch>('/predict_ctr/batch', text, signal);
      return { placements, ctrs: predictions.map(({ predicted_ctr }) => predicted_ctr) };
    },
  });
  return (
    <div className="panel stack">
      <h2>CTR by what varies</h2>
      <Shown query={query} what="the map">
        {(mapped) => <ChosenMap {...mapped} answer={answer} />}
      </Shown>
    </div>
  );
}

/** The map by two features, which people may choose. */
function ChosenMap({ placements, ctrs, answer }: Mapped & { readonly answer: Answer }) {
  const given = useDraft().settings.opportunities ?? {};
  const axes = useMemo(() => axesOf(placements), [placements]);
  const known = (name: string | undefined) => axes.find((own) => own === name);
  const across = known(given.across) ?? axes[1] ?? axes[0];
  const down = known(given.down) ?? axes.find((name) => name !== across) ?? across;
  const fields = useMemo(
    () => (across === undefined ? [] : fieldsOf(placements, ctrs, across, down)),
    [placements, ctrs, across, down],
  );
  const signs = useMemo(() => signsOf(fields, placements, answer), [fields, placements, answer]);
  if (across === undefined) {
    return <p>{`Nothing varies over 2 to ${MOST_VALUES} values, so there is no map to draw.`}</p>;
  }
  const choices = axes.map((id) => ({ id, name: labelOf(id) }));
  const choose = (name: string) => (id: string) => draftStore.set('opportunities', { [name]: id });
  return (
    <>
      {axes.length > 1 && (
        <div className="fields">
          <Select label="Across" choices={choices} value={across} onChange={choose('across')} />
          <Select label="Down" choices={choices} value={down} onChange={choose('down')} />
        </div>
      )}
      <MapPicture fields={fields} signs={signs} across={across} down={down} />
      {signs.some((sign) => sign !== '') && (
        <p className="soft">▲ among the best, ▼ among the weak, ? among the unexplored.</p>
      )}
      {fields.some((field) => field.placements > 1) && (
        <p className="soft">
          Where several placements share a field, it shows the mean of their CTR.
        </p>
      )}
    </>
  );
}

/** A sign for fields of a single placement that is listed below. */
function signsOf(
  fields: readonly MapField[],
  placements: readonly Placement[],
  { best, weak, unexplored }: Answer,
): string[] {
  const textOf = (record: Record<string, unknown>) =>
    JSON.stringify(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
  const known = new Map<string, string>();
  for (const [sign, listed] of [['?', unexplored] as const, ['▼', weak], ['▲', best]] as const) {
    for (const { record } of listed) known.set(textOf(record), sign);
  }
  return fields.map((field) =>
    field.placements === 1 ? (known.get(textOf(placements[field.first])) ?? '') : '',
  );
}
