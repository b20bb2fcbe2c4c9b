import { type ReactNode, useState } from 'react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { asProblem } from '../api/problem.js';
import { Button, Dialog } from './controls.js';
import { Failure } from './states.js';

/**
 * A button for what changes the service: it says first what will change, and does it when that is confirmed.
 * What the service refuses is shown in the dialog, and nothing is lost.
 */
export function ConfirmButton({
  name,
  title = name,
  confirmName = name,
  children,
  act,
  isDanger = false,
  isDisabled = false,
}: {
  /** What the button says. */
  readonly name: string;
  readonly title?: string;
  /** What the button says that does it. */
  readonly confirmName?: string;
  /** What will change, in sentences. */
  readonly children: ReactNode;
  readonly act: () => Promise<unknown>;
  readonly isDanger?: boolean;
  readonly isDisabled?: boolean;
}) {
  const [isOpen, setOpen] = useState(false);
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: act,
    onSuccess: async () => {
      setOpen(false);
      await queries.invalidateQueries();
    },
  });
  const open = () => {
    change.reset();
    setOpen(true);
  };
  return (
    <>
      <Button onPress={open} isDisabled={isDisabled} variant={isDanger ? 'danger' : 'plain'}>
        {name}
      </Button>
      <Dialog title={title} isOpen={isOpen} onClose={() => setOpen(false)}>
        <div className="stack">
          {children}
          {change.error && <Failure problem={asProblem(change.error)} />}
          <div className="actions">
            <Button onPress={() => setOpen(false)}>Cancel</Button>
            <Button
              variant={isDanger ? 'danger' : 'primary'}
              isDisabled={change.isPending}
              onPress={() => change.mutate()}
            >
              {confirmName}
            </Button>
          </div>
        </div>
      </Dialog>
    </>
  );
}
