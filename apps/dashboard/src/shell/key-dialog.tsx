import { type FormEvent, useEffect, useState, useSyncExternalStore } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { currentKey, onKeyChange, useKeyFromNowOn as keepKey } from '../api/key.js';
import { Button, Dialog, TextField } from './controls.js';

/** What a header can carry: with any other character no request would leave the browser. */
const SENDABLE = /^[\x20-\x7e]*$/;

const listeners = new Set<(reason: string | undefined) => void>();

/** Opens the dialog that asks for a key. @param reason why one is needed, as a sentence */
export function askForKey(reason?: string): void {
  for (const listener of listeners) listener(reason);
}

/** The key of this tab. */
export function useKey(): string | undefined {
  return useSyncExternalStore(onKeyChange, currentKey);
}

/** Asks for a key when somebody calls `askForKey`. With another key, everything is asked again. */
export function KeyDialog() {
  const [asked, setAsked] = useState<{ reason: string | undefined }>();
  const [typed, setTyped] = useState('');
  const queries = useQueryClient();
  const known = useKey();
  useEffect(() => {
    const open = (reason: string | undefined) => {
      setTyped('');
      setAsked({ reason });
    };
    listeners.add(open);
    return () => void listeners.delete(open);
  }, []);
  const use = (key: string | undefined) => {
    keepKey(key);
    setAsked(undefined);
    void queries.resetQueries();
  };
  const error = SENDABLE.test(typed.trim())
    ? undefined
    : 'A key has Latin letters without accents, digits and signs of a keyboard only.';
  const isReady = typed.trim() !== '' && error === undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) use(typed.trim());
  };
  return (
    <Dialog
      title="Key of the service"
      isOpen={asked !== undefined}
      onClose={() => setAsked(undefined)}
    >
      <form onSubmit={submit} className="stack">
        {asked?.reason && <p>{asked.reason}</p>}
        <TextField
          label="API key"
          type="password"
          autoComplete="off"
          autoFocus
          value={typed}
          onChange={setTyped}
          error={error}
          hint="It is kept until this tab is closed, and sent to this service only."
        />
        <div className="actions">
          {known !== undefined && <Button onPress={() => use(undefined)}>Forget the key</Button>}
          <Button onPress={() => setAsked(undefined)}>Cancel</Button>
          <Button type="submit" variant="primary" isDisabled={!isReady}>
            Use this key
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
