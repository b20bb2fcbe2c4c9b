import { type ReactNode, useMemo, useState } from 'react';
import { count } from './format.js';

export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => ReactNode;
  /** What the column is sorted by; columns without are not. */
  readonly sortBy?: (row: Row) => number | string | null | undefined;
  readonly isNumber?: boolean;
}

type Figure = number | null | undefined;

/** A column of numbers, sorted by them. */
export function figure<Row>(
  name: string,
  of: (row: Row) => Figure,
  format: (value: Figure) => string = count,
): Column<Row> {
  return { name, isNumber: true, cell: (row) => format(of(row)), sortBy: of };
}

/**
 * A table that is sorted by a press on a heading, and scrolls sideways by itself on a small screen.
 * @param caption what it shows, for people who do not see it
 */
export function Table<Row>({
  caption,
  columns,
  rows,
  keyOf,
  most = 200,
}: {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row, index: number) => string | number;
  /** More rows than these are shown when they are asked for. */
  readonly most?: number;
}) {
  const [order, setOrder] = useState<{ column: number; isDown: boolean }>();
  const [shown, setShown] = useState(most);
  const sorted = useMemo(() => {
    const by = order && columns[order.column]?.sortBy;
    return by ? [...rows].sort((a, b) => (order.isDown ? -1 : 1) * compare(by(a), by(b))) : rows;
  }, [rows, columns, order]);
  const sort = (column: number) =>
    setOrder((before) => ({ column, isDown: before?.column === column ? !before.isDown : true }));
  const direction = (column: number) => {
    if (order?.column !== column) return undefined;
    return order.isDown ? 'descending' : 'ascending';
  };
  return (
    <div className="table-frame" tabIndex={0} role="region" aria-label={caption}>
      <table className="table">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ name, sortBy, isNumber }, c) => (
              <th
                key={name}
                scope="col"
                aria-sort={direction(c)}
                className={isNumber ? 'number' : ''}
              >
                {sortBy ? (
                  <button type="button" className="sort" onClick={() => sort(c)}>
                    {name}
                    <span aria-hidden="true">{sign(direction(c))}</span>
                  </button>
                ) : (
                  name
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, shown).map((row, r) => (
            <tr key={keyOf(row, r)}>
              {columns.map(({ name, cell, isNumber }) => (
                <td key={name} className={isNumber ? 'number' : ''}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > shown && (
        <button type="button" className="more" onClick={() => setShown(shown + most)}>
          {`Show more: ${rows.length - shown} of ${rows.length} rows are not shown`}
        </button>
      )}
    </div>
  );
}

const sign = (direction: string | undefined) =>
  direction === undefined ? ' ' : direction === 'descending' ? ' ↓' : ' ↑';

type Sortable = number | string | null | undefined;

/** What is unknown comes last of what ascends. */
function compare(a: Sortable, b: Sortable): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return a.localeCompare(b);
  return Number(a === null || a === undefined) - Number(b === null || b === undefined);
}
