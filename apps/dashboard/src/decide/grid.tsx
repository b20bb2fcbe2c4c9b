/*
 * A table to type in, as people know it from spreadsheets. It is one stop of the Tab key: arrows move,
 * typing or Enter or F2 begins, Enter and Tab end and move on, Escape ends without. Shift selects a range,
 * which is copied, emptied and filled like one cell. Only rows in view exist (and the one with the focus), so
 * that thousands are as fast as ten.
 */
import { type ClipboardEvent, type KeyboardEvent, memo, useEffect, useRef, useState } from 'react';
import { draftStore } from './draft.js';
import type { Row } from './rows.js';
import { useStable } from './stable.js';
import { filledWith, pressed, rangeOf, type Spot, textOf } from './grid-keys.js';
import { CellEditor } from './cell-editor.js';
import { type Column, tidy } from './columns.js';

const ROW = 36;
const HEAD = 52;
const NUMBER_WIDTH = 56;
const BEYOND = 6;
const MOST_SHOWN = 11;

export interface GridProps {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** What is wrong with a cell, if anything. */
  readonly wrongAt: (row: number, key: string) => string | undefined;
  readonly spot: Spot;
  readonly onSpot: (spot: Spot, isRange?: boolean) => void;
  /** The other end of a selection; the spot itself where one cell is selected. */
  readonly anchor: Spot;
  readonly onPaste: (text: string) => void;
  readonly version: string;
}

const widthOf = ({ kind, label }: Column) =>
  Math.max(kind === 'text' || kind === 'word' ? 150 : 104, 28 + label.length * 7.6);

export function Grid(props: GridProps) {
  const { columns, rows, spot, onSpot, anchor, onPaste, version } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(HEAD + MOST_SHOWN * ROW);
  const [typing, setTyping] = useState<{ text: string | undefined }>();
  useEffect(() => {
    const sizes = new ResizeObserver(([{ contentRect }]) => setHeight(contentRect.height));
    sizes.observe(frame.current!);
    return () => sizes.disconnect();
  }, []);
  const wantsFocus = useRef(false);
  const widths = columns.map(widthOf);
  useEffect(() => {
    reveal(frame.current!, spot, widths);
    if (!wantsFocus.current || typing) return;
    wantsFocus.current = false;
    frame.current!.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true });
  });
  const move = (row: number, column: number, isRange = false) => {
    const last = { row: rows.length - 1, column: columns.length - 1 };
    wantsFocus.current = true;
    onSpot(
      {
        row: Math.max(0, Math.min(last.row, row)),
        column: Math.max(0, Math.min(last.column, column)),
      },
      isRange,
    );
  };
  const selected = rangeOf(spot, anchor);
  const begin = useStable((text?: string) => setTyping({ text }));
  const touch = useStable((row: number, column: number, isRange: boolean) => {
    if (typing && row === spot.row && column === spot.column) return;
    setTyping(undefined);
    move(row, column, isRange);
  });
  const end = useStable((text: string | undefined, down: number, right: number) => {
    setTyping(undefined);
    wantsFocus.current = true;
    const column = columns[spot.column];
    const given = text === undefined ? undefined : tidy(column, text);
    if (given !== undefined && given !== (rows[spot.row].cells[column.key] ?? '')) {
      draftStore.fill([{ row: spot.row, key: column.key, text: given }]);
    }
    if (down > 0 && spot.row === rows.length - 1) draftStore.addRow(rows.length);
    const next = Math.max(0, spot.row + down);
    if (down !== 0 || right !== 0) {
      onSpot({ row: next, column: Math.max(0, Math.min(columns.length - 1, spot.column + right)) });
    }
  });
  const press = (event: KeyboardEvent) => {
    if (typing) return;
    const done = pressed(event, {
      spot,
      selected,
      rows,
      columns,
      page: MOST_SHOWN - 1,
      move,
      begin,
    });
    if (done) event.preventDefault();
  };
  const copy = (event: ClipboardEvent) => {
    if (typing) return;
    event.preventDefault();
    event.clipboardData.setData('text/plain', textOf(rows, columns, selected));
    if (event.type === 'cut') draftStore.fill(filledWith('', selected, columns));
  };
  const paste = (event: ClipboardEvent) => {
    if (typing) return;
    event.preventDefault();
    onPaste(event.clipboardData.getData('text/plain'));
  };
  const first = Math.max(0, Math.floor(top / ROW) - BEYOND);
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW) + BEYOND);
  const shown = Array.from({ length: last - first }, (_, i) => first + i);
  if (spot.row < first) shown.unshift(spot.row);
  if (spot.row >= last && spot.row < rows.length) shown.push(spot.row);
  const template = [NUMBER_WIDTH, ...widths].map((width) => `${width}px`).join(' ');
  const full = NUMBER_WIDTH + widths.reduce((sum, width) => sum + width, 0);
  return (
    <div
      ref={frame}
      className="sheet"
      style={{ height: HEAD + Math.min(MOST_SHOWN, rows.length) * ROW + 16 }}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div
        role="grid"
        aria-label="Placements"
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length + 1}
        aria-multiselectable="true"
        className="sheet-rows"
        style={{ height: HEAD + rows.length * ROW, width: full }}
        onKeyDown={press}
        onCopy={copy}
        onCut={copy}
        onPaste={paste}
      >
        <div
          role="row"
          aria-rowindex={1}
          className="sheet-row head"
          style={{ gridTemplateColumns: template }}
        >
          <div role="columnheader" aria-colindex={1} className="sheet-number">
            <span className="sr-only">Row</span>
          </div>
          {columns.map((column, c) => (
            <Heading key={column.key} column={column} index={c + 2} />
          ))}
        </div>
        {shown.map((r) => {
          const isIn = r >= selected.rows[0] && r <= selected.rows[1];
          return (
            <Line
              key={rows[r].id}
              row={rows[r]}
              place={r}
              columns={columns}
              template={template}
              wrongAt={props.wrongAt}
              spot={spot.row === r ? spot.column : -1}
              from={isIn ? selected.columns[0] : -1}
              to={isIn ? selected.columns[1] : -1}
              typing={spot.row === r ? typing : undefined}
              version={version}
              onPress={touch}
              onBegin={begin}
              onEnd={end}
            />
          );
        })}
      </div>
    </div>
  );
}

interface LineProps {
  readonly row: Row;
  readonly place: number;
  readonly columns: readonly Column[];
  readonly template: string;
  readonly wrongAt: GridProps['wrongAt'];
  /** Column of the cell that keys go to; −1 where it is in another row. */
  readonly spot: number;
  /** Columns that are selected, or −1. */
  readonly from: number;
  readonly to: number;
  readonly typing: { readonly text: string | undefined } | undefined;
  readonly version: string;
  readonly onPress: (row: number, column: number, isRange: boolean) => void;
  readonly onBegin: () => void;
  readonly onEnd: (text: string | undefined, down: number, right: number) => void;
}

/** A row; it is drawn anew only when something of it has changed. */
const Line = memo(function Line(props: LineProps) {
  const { row, place, columns, template, wrongAt, spot, from, to, typing } = props;
  return (
    <div
      role="row"
      aria-rowindex={place + 2}
      className="sheet-row"
      style={{ top: HEAD + place * ROW, gridTemplateColumns: template }}
    >
      <div role="rowheader" aria-colindex={1} className="sheet-number">
        {place + 1}
      </div>
      {columns.map((column, c) => (
        <Cell
          key={column.key}
          column={column}
          index={c + 2}
          text={row.cells[column.key] ?? ''}
          wrong={wrongAt(place, column.key)}
          isSpot={spot === c}
          isSelected={c >= from && c <= to && from >= 0}
          onPress={(isRange) => props.onPress(place, c, isRange)}
          onBegin={() => props.onBegin()}
        >
          {spot === c && typing && (
            <CellEditor
              column={column}
              row={place + 1}
              version={props.version}
              text={typing.text ?? row.cells[column.key] ?? ''}
              isFresh={typing.text !== undefined}
              onEnd={props.onEnd}
            />
          )}
        </Cell>
      ))}
    </div>
  );
});

function Heading({ column, index }: { readonly column: Column; readonly index: number }) {
  const { label, name, says, isNeeded } = column;
  return (
    <div role="columnheader" aria-colindex={index} className="sheet-heading" title={says}>
      <span>
        {label}
        {isNeeded && (
          <>
            <span aria-hidden="true" className="needed">
              {' *'}
            </span>
            <span className="sr-only"> (needed)</span>
          </>
        )}
      </span>
      <code>{name}</code>
    </div>
  );
}

interface CellProps {
  readonly column: Column;
  readonly index: number;
  readonly text: string;
  readonly wrong: string | undefined;
  readonly isSpot: boolean;
  readonly isSelected: boolean;
  readonly onPress: (isRange: boolean) => void;
  readonly onBegin: () => void;
  readonly children: React.ReactNode;
}

function Cell(props: CellProps) {
  const { column, index, text, wrong, isSpot, isSelected, onPress, onBegin, children } = props;
  const isNumber = column.kind === 'number' || column.kind === 'integer';
  const looks = [
    isNumber && 'number',
    wrong && 'wrong',
    isSelected && 'selected',
    isSpot && 'spot',
  ];
  return (
    <div
      role="gridcell"
      aria-colindex={index}
      aria-selected={isSelected}
      aria-invalid={wrong !== undefined}
      tabIndex={isSpot ? 0 : -1}
      title={wrong}
      className={['sheet-cell', ...looks].filter(Boolean).join(' ')}
      onPointerDown={(event) => {
        if (children) return;
        // A finger types into the cell that it touches a second time.
        if (event.pointerType !== 'mouse' && isSpot) return;
        onPress(event.shiftKey);
      }}
      onClick={(event) => {
        const isTouch = (event.nativeEvent as globalThis.PointerEvent).pointerType === 'touch';
        if (isTouch && isSpot && !children) onBegin();
      }}
      onDoubleClick={() => !children && onBegin()}
    >
      {children || <bdi>{text}</bdi>}
      {wrong !== undefined && !children && <span className="sr-only">{`. ${wrong}`}</span>}
    </div>
  );
}

/** Scrolls so that a cell is in view, beside the headings that stay. */
function reveal(frame: HTMLElement, { row, column }: Spot, widths: readonly number[]): void {
  const key = `${row}:${column}`;
  if (frame.dataset.spot === key) return;
  frame.dataset.spot = key;
  const top = row * ROW;
  const room = frame.clientHeight - HEAD - ROW;
  if (top < frame.scrollTop) frame.scrollTop = top;
  else if (top > frame.scrollTop + room) frame.scrollTop = top - room;
  const left = widths.slice(0, column).reduce((sum, width) => sum + width, 0);
  const free = frame.clientWidth - NUMBER_WIDTH - widths[column];
  if (left < frame.scrollLeft) frame.scrollLeft = left;
  else if (left > frame.scrollLeft + free) frame.scrollLeft = left - Math.max(0, free);
}
