/* What a version learned from, and by which settings. */
import { count, percent } from '../shell/format.js';
import { Table, type Column } from '../shell/table.js';
import type { Card, Feature, Range } from './card.js';
import { factsOf, rangeInWords } from './difference.js';

export function Learned({ card }: { readonly card: Card }) {
  const { training, recipe, mapping } = card;
  const facts = [...factsOf(card)].map(([name, value]) => ({ name, value }));
  const features = (card.schema?.features ?? []).map((feature) => ({
    feature,
    range: training?.ranges?.[feature.name],
  }));
  return (
    <div className="grid">
      <section className="panel stack wide" aria-labelledby="data">
        <h2 id="data">Data</h2>
        <p className="models-words">{card.source ?? 'Its card does not say where it came from.'}</p>
        <div className="grid small">
          <Count name="Rows" value={training?.rows} />
          <Count name="Impressions" value={training?.impressions} />
          <Count name="Clicks" value={training?.clicks} />
          <div className="figure">
            <span>CTR</span>
            <span className="value">
              {percent(training && training.clicks / training.impressions)}
            </span>
          </div>
        </div>
      </section>
      <section className="panel stack wide" aria-labelledby="features">
        <h2 id="features">Features</h2>
        <Table
          caption="Features, and what they held in training"
          columns={featureColumns}
          rows={features}
          keyOf={({ feature }) => feature.name}
        />
      </section>
      <section className="panel stack" aria-labelledby="settings">
        <h2 id="settings">Settings</h2>
        <Table
          caption="Settings"
          columns={factColumns}
          rows={facts.filter(({ name }) => !name.startsWith('data: '))}
          keyOf={({ name }) => name}
        />
      </section>
      <section className="panel stack" aria-labelledby="recipe">
        <h2 id="recipe">Recipe</h2>
        <p className="soft">
          {recipe === undefined
            ? 'Its card has none: it came from an earlier trainer, or from elsewhere.'
            : 'What was asked for. The trainer trains it again by that: adscale retrain.'}
        </p>
        {recipe !== undefined && <Source name="The recipe" value={recipe} />}
        {mapping !== undefined && (
          <>
            <h3>Mapping of its data</h3>
            <Source name="The mapping" value={mapping} />
          </>
        )}
      </section>
    </div>
  );
}

function Source({ name, value }: { readonly name: string; readonly value: unknown }) {
  return (
    <pre tabIndex={0} aria-label={name} role="region">
      {JSON.stringify(value, null, 2)}
    </pre>
  );
}

function Count({ name, value }: { readonly name: string; readonly value: number | undefined }) {
  return (
    <div className="figure">
      <span>{name}</span>
      <span className="value">{count(value)}</span>
    </div>
  );
}

const factColumns: readonly Column<{ readonly name: string; readonly value: string }>[] = [
  { name: 'Setting', cell: ({ name }) => name },
  { name: 'Value', cell: ({ value }) => value },
];

const featureColumns: readonly Column<{
  readonly feature: Feature;
  readonly range: Range | undefined;
}>[] = [
  {
    name: 'Feature',
    cell: ({ feature: { name, description } }) => (
      <>
        <code>{name}</code>
        {description !== undefined && <div className="soft">{description}</div>}
      </>
    ),
  },
  { name: 'Kind', cell: ({ feature: { kind } }) => <span className="models-line">{kind}</span> },
  {
    name: 'In training',
    cell: ({ feature: { categories }, range }) => (
      <span className="models-some">{rangeInWords(range, categories)}</span>
    ),
  },
  { name: 'Missing', cell: ({ range }) => count(range?.missing), isNumber: true },
];
