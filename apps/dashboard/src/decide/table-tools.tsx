/* What is done to the table as a whole: rows, steps back, other people's tables. */
import { type DragEvent, memo, type ReactNode, useRef, useState } from 'react';
import { Button, Dialog } from '../shell/controls.js';
import type { Column } from './columns.js';
import { readCell } from './columns.js';
import { draftStore } from './draft.js';
import { csvOf, MOST_CHARACTERS, type Pasted, readPasted } from './pasting.js';
import { filledRows } from './requests.js';
import type { Row } from './rows.js';
import { save } from './taking-along.js';

interface ToolsProps {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Rows that are selected. */
  readonly first: number;
  readonly last: number;
  readonly onExample: () => void;
  /** Tells what came of reading a text. */
  readonly onRead: (pasted: Pasted, from: string) => void;
}

export const TableTools = memo(function TableTools(props: ToolsProps) {
  const { columns, rows, first, last, onExample, onRead } = props;
  const [isPasting, setPasting] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const count = last - first + 1;
  const saveTable = async () => {
    const data = filledRows(rows, columns).map((place) =>
      columns.map((column) => {
        const text = rows[place].cells[column.key] ?? '';
        return readCell(column, text).value ?? text;
      }),
    );
    const headings = columns.map(({ name }) => name);
    save('placements.csv', await csvOf(headings, data));
  };
  return (
    <div className="table-tools" role="group" aria-label="The table">
      <Button onPress={() => draftStore.addRow(last + 1)}>Add a row</Button>
      <Button onPress={() => draftStore.removeRows(first, count)}>
        {count === 1 ? `Remove row ${first + 1}` : `Remove ${count} rows`}
      </Button>
      <Button onPress={() => draftStore.undo()} isDisabled={!draftStore.canUndo}>
        Undo
      </Button>
      <Button onPress={() => draftStore.redo()} isDisabled={!draftStore.canRedo}>
        Redo
      </Button>
      <Button onPress={() => setPasting(true)}>Paste…</Button>
      <Button onPress={() => file.current?.click()}>Open a CSV…</Button>
      <input
        ref={file}
        type="file"
        hidden
        accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"
        aria-label="CSV file"
        onChange={(event) => {
          const [chosen] = event.target.files ?? [];
          if (chosen) void readFile(chosen, columns).then((read) => onRead(read, chosen.name));
          event.target.value = '';
        }}
      />
      <Button onPress={() => void saveTable()}>Save as CSV</Button>
      <Button onPress={onExample}>Example</Button>
      <Button onPress={() => draftStore.put([])}>Clear</Button>
      <PasteDialog
        isOpen={isPasting}
        onClose={() => setPasting(false)}
        onText={(text) => readPasted(text, columns).then((read) => onRead(read, 'the paste'))}
      />
    </div>
  );
});

async function readFile(file: File, columns: readonly Column[]): Promise<Pasted> {
  if (file.size > MOST_CHARACTERS) {
    const why = `${file.name} has ${file.size} bytes, and at most ${MOST_CHARACTERS} are read.`;
    return { rows: [], hasHeading: false, columns: [], complaints: [{ why }], tidied: 0 };
  }
  return readPasted(await file.text(), columns);
}

/** A place to paste into, for those without a keyboard. */
function PasteDialog({
  isOpen,
  onClose,
  onText,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onText: (text: string) => Promise<void>;
}) {
  const [text, setText] = useState('');
  const done = async () => {
    await onText(text);
    setText('');
    onClose();
  };
  return (
    <Dialog title="Paste a table" isOpen={isOpen} onClose={onClose}>
      <div className="stack">
        <div className="field">
          <label htmlFor="decide-paste">Cells of a spreadsheet, or CSV</label>
          <textarea
            id="decide-paste"
            className="input"
            rows={8}
            value={text}
            dir="auto"
            aria-describedby="decide-paste-hint"
            onChange={(event) => setText(event.target.value)}
          />
          <span id="decide-paste-hint" className="hint">
            With a line of headings, columns are found by name; without one, they are taken in the
            order of the table. The table is replaced; Undo brings it back.
          </span>
        </div>
        <div className="actions">
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" isDisabled={text.trim() === ''} onPress={() => void done()}>
            Use it
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

/** Takes files that are dropped on it. */
export function DropPlace({
  columns,
  onRead,
  children,
}: Pick<ToolsProps, 'columns' | 'onRead'> & { readonly children: ReactNode }) {
  const [isOver, setOver] = useState(false);
  const holdsFile = (event: DragEvent) => event.dataTransfer.types.includes('Files');
  return (
    <div
      className={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        if (!holdsFile(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        const [file] = event.dataTransfer.files;
        if (file === undefined) return;
        event.preventDefault();
        void readFile(file, columns).then((read) => onRead(read, file.name));
      }}
    >
      {children}
    </div>
  );
}

const MOST_COMPLAINTS = 12;

/** What came of a paste or a file, and what of it was not understood. */
export function ReadReport({
  pasted,
  from,
  onClose,
}: {
  readonly pasted: Pasted;
  readonly from: string;
  readonly onClose: () => void;
}) {
  const { rows, columns, hasHeading, complaints, tidied } = pasted;
  const how = hasHeading ? 'by their headings' : 'in the order of the table';
  return (
    <div className={`notice ${complaints.length > 0 ? 'warn' : 'good'}`} role="status">
      <p>
        {`${rows.length} rows of ${from}. `}
        {columns.length > 0 && `Columns ${how}: ${columns.map(({ label }) => label).join(', ')}. `}
        {tidied > 0 &&
          `${tidied} values were written for people (1,234 or 5 %) and are read as numbers or names of the model. `}
        {complaints.length > 0 && `${complaints.length} not understood:`}
      </p>
      {complaints.length > 0 && (
        <ul className="complaints">
          {complaints.slice(0, MOST_COMPLAINTS).map(({ line, column, text, why }, i) => (
            <li key={i}>
              <bdi>
                {[line !== undefined && `Line ${line}`, column].filter(Boolean).join(', ')}
                {text !== undefined && `, “${text.length > 60 ? `${text.slice(0, 59)}…` : text}”`}
              </bdi>
              {`: ${why}`}
            </li>
          ))}
          {complaints.length > MOST_COMPLAINTS && (
            <li>{`and ${complaints.length - MOST_COMPLAINTS} more.`}</li>
          )}
        </ul>
      )}
      <Button onPress={onClose}>Understood</Button>
    </div>
  );
}
