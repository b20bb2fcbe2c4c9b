import { useState } from 'react';
import type { PlacementRecord } from '../api/client.js';
import { serviceUrl } from '../api/client.js';
import { useKey } from '../shell/key-dialog.js';
import { Button, Dialog } from '../shell/controls.js';

/** A button that shows a text to take away, and puts it on the clipboard. */
export function TakeAway({
  name,
  hint,
  text,
}: {
  readonly name: string;
  readonly hint: string;
  readonly text: () => string;
}) {
  const [taken, setTaken] = useState<{ text: string; isCopied: boolean }>();
  const take = async () => {
    const wanted = text();
    // Over plain HTTP browsers have no clipboard: then it is there to be selected.
    const copied = await navigator.clipboard?.writeText(wanted).then(
      () => true,
      () => false,
    );
    setTaken({ text: wanted, isCopied: copied === true });
  };
  return (
    <>
      <Button onPress={() => void take()}>{name}</Button>
      <Dialog title={name} isOpen={taken !== undefined} onClose={() => setTaken(undefined)}>
        <div className="stack">
          <p role="status">
            {taken?.isCopied === true ? 'It is on the clipboard. ' : 'Select it and copy. '}
            {hint}
          </p>
          <pre tabIndex={0}>{taken?.text}</pre>
          <div className="actions">
            <Button variant="primary" onPress={() => setTaken(undefined)}>
              Close
            </Button>
          </div>
        </div>
      </Dialog>
    </>
  );
}

/** A text as one word of a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The command that asks the service the same. */
export function useCurl(): (record: PlacementRecord, level: number, n?: number) => string {
  const key = useKey();
  return (record, level, n) => {
    const exposure = n === undefined ? '' : `&exposure=${n}`;
    const url = `${serviceUrl}/predict_ctr?interval=${level}${exposure}&explain=true`;
    return [
      `curl -X POST ${quoted(url)}`,
      // The key itself stays here.
      ...(key === undefined ? [] : ['-H "x-api-key: $ADSCALE_KEY"']),
      `-H 'content-type: application/json'`,
      `-d ${quoted(JSON.stringify(record))}`,
    ].join(' \\\n  ');
  };
}
