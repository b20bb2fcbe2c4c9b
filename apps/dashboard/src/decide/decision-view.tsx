/* One decision: its settings, the table, the button, and what the service answers. */
import { useEffect, useMemo, useState } from 'react';
import { Button } from '../shell/controls.js';
import { Empty, Failure } from '../shell/states.js';
import { useKey } from '../shell/key-dialog.js';
import { AnswerView } from './answer-view.js';
import { asking, type Asked, useAsked } from './asking.js';
import type { Decision } from './decisions.js';
import { draftStore, isBlank, useDraft, written } from './draft.js';
import { fillExample, type Served } from './example.js';
import { Grid, filledWith, rangeOf, type Spot } from './grid.js';
import { type Pasted, readPasted } from './pasting.js';
import {
  type Filled,
  filledRows,
  isGrid,
  placeOf,
  requestOf,
  type Wrong,
  wrongCells,
} from './requests.js';
import { SettingsForm, usualVariations } from './settings-form.js';
import { DropPlace, ReadReport, TableTools } from './table-tools.js';
import { curlOf, packed } from './taking-along.js';

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
  const columns = useMemo(
    () => decision.columns(card.schema.features, own ?? {}),
    [decision, card, own],
  );
  const given = useMemo(() => {
    const usual = isGrid(decision.name, own ?? {}) ? usualVariations(columns) : {};
    return { ...usual, ...own };
  }, [own, decision, columns]);
  const filled = useMemo(() => ({ columns, rows, given }), [columns, rows, given]);
  const asks = useMemo(() => requestOf(decision, filled), [decision, filled]);
  const [hasTried, setTried] = useState(false);
  const wrong = useWrong(decision, filled, asked, hasTried && 'wrong' in asks ? asks.wrong : []);
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
  const run = () => {
    setTried(true);
    if ('wrong' in asks) {
      const cell = asks.wrong.find(({ row }) => row !== undefined);
      if (cell) goTo(cell);
      return;
    }
    const text = JSON.stringify(asks.body);
    void asking.start(decision.name, { ...asks, text, filled });
  };
  const use = (pasted: Pasted, from: string) => {
    if (pasted.rows.length > 0) draftStore.put(pasted.rows);
    setReport({ pasted, from });
  };
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
        <SettingsForm
          decision={decision}
          given={given}
          columns={columns}
          wrong={wrong}
          rowHint={(place) => summaryOf(filled, place)}
        />
      </section>
      <section className="panel stack" aria-label="Table of placements">
        <TableTools
          columns={columns}
          rows={rows}
          selected={selected.rows}
          onExample={() => void fillExample(version, card)}
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
      {hasTried && 'wrong' in asks && <WrongList wrong={asks.wrong} filled={filled} goTo={goTo} />}
      <Outcome decision={decision} asked={asked} asks={asks} isEmpty={isEmpty} run={run} />
    </div>
  );
}

type Asks = ReturnType<typeof requestOf>;

const within = ({ row, column }: Spot, rows: number, columns: number): Spot => ({
  row: Math.min(row, rows - 1),
  column: Math.min(column, columns - 1),
});

const footOf = (says: string | undefined, rows: number) =>
  `${says ?? ''} ${rows} rows. Paste cells of a spreadsheet, or drop a CSV file here.`.trim();

/** A row in a few words. */
function summaryOf({ rows, columns }: Filled, place: number): string | undefined {
  const row = rows[place];
  if (row === undefined || isBlank(row)) return 'That row is empty.';
  const text = columns.flatMap(({ key }) => row.cells[key] ?? []).join(' · ');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** What is known to be wrong: values at once, what is missing when somebody has asked, and refusals. */
function useWrong(
  decision: Decision,
  filled: Filled,
  asked: Asked | undefined,
  tried: readonly Wrong[],
): readonly Wrong[] {
  return useMemo(() => {
    const { rows, columns } = filled;
    const values = wrongCells(rows, columns, filledRows(rows, columns)).filter(
      ({ row, key }) => rows[row!].cells[key!] !== undefined,
    );
    const isKnown = (wrong: Wrong) =>
      values.some(({ row, key }) => row === wrong.row && key === wrong.key && row !== undefined);
    return [
      ...values,
      ...tried.filter((wrong) => !isKnown(wrong)),
      ...refused(decision, filled, asked),
    ];
  }, [decision, filled, asked, tried]);
}

/** What the service refused, as long as it is still as it was. */
function refused(decision: Decision, filled: Filled, asked: Asked | undefined): Wrong[] {
  if (asked?.problem === undefined) return [];
  const { places, filled: before } = asked.question;
  return asked.problem.errors
    .map((error) => placeOf(error, decision, before, places))
    .filter(({ row, key, setting }) => {
      if (setting !== undefined) return filled.given[setting] === before.given[setting];
      if (row === undefined || key === undefined) return false;
      return filled.rows[row]?.cells[key] === before.rows[row].cells[key];
    });
}

function useWrongAt(wrong: readonly Wrong[]) {
  return useMemo(() => {
    const found = new Map(
      wrong.flatMap(({ row, key, message }) =>
        row === undefined ? [] : [[`${row} ${key}`, message] as const],
      ),
    );
    return (row: number, key: string) => found.get(`${row} ${key}`);
  }, [wrong]);
}

function nextAfter(
  cells: readonly Wrong[],
  row: number,
  column: number,
  { columns }: Filled,
): Wrong {
  const place = (wrong: Wrong) =>
    wrong.row! * columns.length + columns.findIndex(({ key }) => key === wrong.key);
  const sorted = [...cells].sort((a, b) => place(a) - place(b));
  return sorted.find((wrong) => place(wrong) > row * columns.length + column) ?? sorted[0];
}

const MOST_LISTED = 8;

function WrongList({
  wrong,
  filled,
  goTo,
}: {
  readonly wrong: readonly Wrong[];
  readonly filled: Filled;
  readonly goTo: (wrong: Wrong) => void;
}) {
  const whereOf = ({ row, key }: Wrong) =>
    row === undefined
      ? undefined
      : `Row ${row + 1}, ${filled.columns.find((column) => column.key === key)?.label}`;
  return (
    <div className="notice bad" role="alert">
      <p>Before this can be asked:</p>
      <ul className="complaints">
        {wrong.slice(0, MOST_LISTED).map((one, i) => (
          <li key={i}>
            {whereOf(one) === undefined ? (
              one.message
            ) : (
              <>
                <button type="button" className="link" onClick={() => goTo(one)}>
                  {whereOf(one)}
                </button>
                {': '}
                <bdi>{one.message}</bdi>
              </>
            )}
          </li>
        ))}
        {wrong.length > MOST_LISTED && <li>{`and ${wrong.length - MOST_LISTED} more.`}</li>}
      </ul>
    </div>
  );
}

/** The button, and what can be taken along. */
function RunBar({
  decision,
  asked,
  asks,
  run,
}: {
  readonly decision: Decision;
  readonly asked: Asked | undefined;
  readonly asks: Asks;
  readonly run: () => void;
}) {
  const [said, setSaid] = useState('');
  const key = useKey();
  const copy = async (text: string | undefined, done: string, otherwise: string) => {
    if (text === undefined) return setSaid(otherwise);
    try {
      await navigator.clipboard.writeText(text);
      setSaid(done);
    } catch {
      setSaid('The browser does not let this page copy.');
    }
  };
  const curl = () => {
    const body = 'body' in asks ? JSON.stringify(asks.body) : undefined;
    const text = body && curlOf(`/${decision.name}`, body, key !== undefined);
    void copy(
      text,
      'The command is copied.',
      'There is something to put right in the table first.',
    );
  };
  const share = async () => {
    const table = await packed(written(draftStore.get()));
    const search = new URLSearchParams({ decision: decision.name, table: table ?? '' });
    const address = `${location.href.split('#')[0]}#/decide?${search}`;
    const tooLong = 'The table is too long for an address. Save it as CSV, and send that.';
    await copy(table && address, 'The address is copied: it holds the table.', tooLong);
  };
  const isPending = asked?.isPending === true;
  return (
    <div className="toolbar">
      <Button variant="primary" onPress={run} isDisabled={isPending}>
        {decision.verb}
      </Button>
      {isPending && <Waiting since={asked.since} stop={() => asking.stop(decision.name)} />}
      <Button onPress={curl}>Copy as curl</Button>
      <Button onPress={() => void share()}>Copy link</Button>
      <span role="status" className="soft">
        {said}
      </span>
    </div>
  );
}

/** How long the service has been at it, and a way out. */
function Waiting({ since, stop }: { readonly since: number; readonly stop: () => void }) {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 250);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, (now - since) / 1000);
  return (
    <>
      <span className="waiting">
        <span className="spinner" aria-hidden="true" />
        <span role="status">The service decides…</span>
        <span aria-hidden="true">{seconds >= 1 && `${seconds.toFixed(0)} s`}</span>
      </span>
      <Button onPress={stop}>Cancel</Button>
    </>
  );
}

function Outcome({
  decision,
  asked,
  asks,
  isEmpty,
  run,
}: {
  readonly decision: Decision;
  readonly asked: Asked | undefined;
  readonly asks: Asks;
  readonly isEmpty: boolean;
  readonly run: () => void;
}) {
  if (asked?.problem) return <Failure problem={asked.problem} retry={run} />;
  const last = asked?.last;
  if (last === undefined) {
    if (asked?.isPending) return null;
    return (
      <Empty title={isEmpty ? 'Nothing to decide on yet' : 'Not asked yet'}>
        <p>
          {isEmpty
            ? `Type or paste placements into the table, or press Example. Then press ${decision.verb}.`
            : `Press ${decision.verb}, or Ctrl and Enter in the table.`}
        </p>
      </Empty>
    );
  }
  const isOld = !('body' in asks) || JSON.stringify(asks.body) !== last.question.text;
  return (
    <section className="stack" aria-label="Answer">
      {isOld && (
        <p className="notice warn">
          The table or the settings have changed since this was answered.
        </p>
      )}
      <AnswerView decision={decision} {...last} />
    </section>
  );
}
