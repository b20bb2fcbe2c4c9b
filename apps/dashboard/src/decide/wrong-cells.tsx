/* What is wrong in the table, and the way to it. */
import { useMemo } from 'react';
import type { Asked } from './asking.js';
import type { Decision } from './decisions.js';
import { type Filled, filledRows, placeOf, type Wrong, wrongCells } from './requests.js';

/** What is known to be wrong: values at once, what is missing when somebody has asked, and refusals. */
export function useWrong(
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

export function useWrongAt(wrong: readonly Wrong[]) {
  return useMemo(() => {
    const found = new Map(
      wrong.flatMap(({ row, key, message }) =>
        row === undefined ? [] : [[`${row} ${key}`, message] as const],
      ),
    );
    return (row: number, key: string) => found.get(`${row} ${key}`);
  }, [wrong]);
}

export function nextAfter(
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

export function WrongList({
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
