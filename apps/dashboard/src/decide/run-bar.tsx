/* The button that asks, what can be taken along, and what comes of asking. */
import { memo, useEffect, useMemo, useState } from 'react';
import { Button } from '../shell/controls.js';
import { useKey } from '../shell/key-dialog.js';
import { Empty, Failure } from '../shell/states.js';
import { AnswerView } from './answer-view.js';
import { asking, type Asked } from './asking.js';
import type { Decision } from './decisions.js';
import { draftStore, written } from './draft.js';
import type { Asking } from './requests.js';
import { curlOf, packed } from './taking-along.js';

/** What would be asked now; it is made when somebody wants to know, and once. */
export type Asks = () => Asking;

/** The button, and what can be taken along. */
export const RunBar = memo(function RunBar({
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
    const now = asks();
    const body = 'body' in now ? JSON.stringify(now.body) : undefined;
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
});

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

function hasChanged(asks: Asks, text: string): boolean {
  const now = asks();
  return !('body' in now) || JSON.stringify(now.body) !== text;
}

export const Outcome = memo(function Outcome({
  decision,
  asked,
  asks,
  isEmpty,
  run,
  onExample,
}: {
  readonly decision: Decision;
  readonly asked: Asked | undefined;
  readonly asks: Asks;
  readonly isEmpty: boolean;
  readonly run: () => void;
  readonly onExample: () => void;
}) {
  const last = asked?.last;
  const isOld = useMemo(
    () => last !== undefined && hasChanged(asks, last.question.text),
    [asks, last],
  );
  if (asked?.problem) return <Failure problem={asked.problem} retry={run} />;
  if (last === undefined) {
    if (asked?.isPending) return null;
    return (
      <Empty title={isEmpty ? 'Nothing to decide on yet' : 'Not asked yet'}>
        <p>
          {isEmpty
            ? `Type or paste placements into the table, or press Example. Then press ${decision.verb}.`
            : `Press ${decision.verb}, or Ctrl and Enter in the table.`}
        </p>
        {isEmpty && <Button onPress={onExample}>Try six placements</Button>}
      </Empty>
    );
  }
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
});
