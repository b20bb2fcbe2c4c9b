/* One decision: its settings, the table, the button, and what the service answers. */
import { useMemo, useState } from 'react';
import { Button } from '../shell/controls.js';
import { asking, useAsked } from './asking.js';
import type { Decision } from './decisions.js';
import { draftStore, useDraft } from './draft.js';
import { fillExample, type Served } from './example.js';
import { Grid } from './grid.js';
import { filledWith, rangeOf, type Spot } from './grid-keys.js';
import { type Pasted, readPasted } from './pasting.js';
import { type Asking, filledRows, isGrid, requestOf, type Wrong } from './requests.js';
import { Outcome, RunBar } from './run-bar.js';
import { useStable } from './stable.js';
import { SettingsForm, usualVariations } from './settings-form.js';
import { DropPlace, ReadReport, TableTools } from './table-tools.js';
import { nextAfter, useWrong, useWrongAt, WrongList } from './wrong-cells.js';

export function DecisionView({
  decision,
  served: { version, card },
}: {
  readonly decision: Decision;
  readonly served: Served;
}) {
  const { rows, settings } = useDraft();
  const asked = useAsked(decision.name);
  const own = settings[decision.name];
  const objective = own?.objective ?? '';
  const columns = useMemo(
    () => decision.columns(card.schema.features, { objective }),
    [decision, card, objective],
  );
  const given = useMemo(() => {
    const usual = isGrid(decision.name, own ?? {}) ? usualVariations(columns) : {};
    return { ...usual, ...own };
  }, [own, decision, columns]);
  const filled = useMemo(() => ({ columns, rows, given }), [columns, rows, given]);
  const asks = useMemo(() => once(() => requestOf(decision, filled)), [decision, filled]);
  const [hasTried, setTried] = useState(false);
  const tried = hasTried ? wrongOf(asks()) : NONE;
  const wrong = useWrong(decision, filled, asked, tried);
  const [spot, setSpot] = useState<Spot>({ row: 0, column: 0 });
  const [end, setEnd] = useState<Spot>();
  const at = within(spot, rows.length, columns.length);
  const anchor = end ? within(end, rows.length, columns.length) : at;
  const selected = rangeOf(at, anchor);
  const go = (next: Spot, isRange = false) => {
    setEnd(isRange ? anchor : undefined);
    setSpot(next);
  };
  const [report, setReport] = useState<{ pasted: Pasted; from: string }>();
  const goTo = ({ row = 0, key }: Wrong) =>
    go({
      row,
      column: Math.max(
        0,
        columns.findIndex((column) => column.key === key),
      ),
    });
  const run = useStable(() => {
    setTried(true);
    const now = asks();
    if ('wrong' in now) {
      const cell = now.wrong.find(({ row }) => row !== undefined);
      if (cell) goTo(cell);
      return;
    }
    const text = JSON.stringify(now.body);
    void asking.start(decision.name, { ...now, text, filled });
  });
  const use = useStable((pasted: Pasted, from: string) => {
    if (pasted.rows.length > 0) draftStore.put(pasted.rows);
    setReport({ pasted, from });
  });
  const paste = async (text: string) => {
    if (!/[\t\n]/.test(text.trim())) {
      draftStore.fill(filledWith(text.trim(), selected, columns));
      return;
    }
    const pasted = await readPasted(text, columns, selected.columns[0]);
    const keys = pasted.columns.map(({ key }) => key);
    draftStore.fill(
      pasted.rows.flatMap((cells, i) =>
        keys.map((key) => ({ row: selected.rows[0] + i, key, text: cells[key] ?? '' })),
      ),
    );
    setReport({ pasted, from: 'the paste' });
  };
  const example = useStable(() => void fillExample(version, card));
  const wrongAt = useWrongAt(wrong);
  const here = wrongAt(at.row, columns[at.column].key);
  const cells = wrong.filter(({ row }) => row !== undefined);
  const isEmpty = filledRows(rows, columns).length === 0;
  return (
    <div
      className="stack"
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run();
      }}
    >
      <p>{decision.says}</p>
      <section className="panel stack" aria-label="Settings">
        <SettingsForm decision={decision} filled={filled} wrong={wrong} />
      </section>
      <section className="panel stack" aria-label="Table of placements">
        <TableTools
          columns={columns}
          rows={rows}
          first={selected.rows[0]}
          last={selected.rows[1]}
          onExample={example}
          onRead={use}
        />
        {report && <ReadReport {...report} onClose={() => setReport(undefined)} />}
        <DropPlace columns={columns} onRead={use}>
          <Grid
            columns={columns}
            rows={rows}
            wrongAt={wrongAt}
            spot={at}
            anchor={anchor}
            onSpot={go}
            onPaste={(text) => void paste(text)}
            version={version}
          />
        </DropPlace>
        <div className="sheet-foot">
          <span className={here === undefined ? 'soft' : 'error'} role="status">
            {here === undefined
              ? footOf(columns[at.column].says, rows.length)
              : `Row ${at.row + 1}, ${columns[at.column].label}: ${here}`}
          </span>
          {cells.length > 0 && (
            <Button onPress={() => goTo(nextAfter(cells, at.row, at.column, filled))}>
              {cells.length === 1
                ? 'Go to the cell that is wrong'
                : `Next of ${cells.length} cells that are wrong`}
            </Button>
          )}
        </div>
      </section>
      <RunBar decision={decision} asked={asked} asks={asks} run={run} />
      {tried.length > 0 && <WrongList wrong={tried} filled={filled} goTo={goTo} />}
      <Outcome
        decision={decision}
        asked={asked}
        asks={asks}
        isEmpty={isEmpty}
        run={run}
        onExample={example}
      />
    </div>
  );
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

const NONE: readonly Wrong[] = [];
const wrongOf = (asks: Asking) => ('wrong' in asks ? asks.wrong : NONE);

const within = ({ row, column }: Spot, rows: number, columns: number): Spot => ({
  row: Math.min(row, rows - 1),
  column: Math.min(column, columns - 1),
});

const footOf = (says: string | undefined, rows: number) =>
  `${says ?? ''} ${rows} rows. Paste cells of a spreadsheet, or drop a CSV file here.`.trim();
