/* What a person sees who opens the page before anything was asked, or before there is a model. */
import { useEffect, useRef, useState } from 'react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { answer, client, type PlacementRecord, serviceUrl } from '../api/client.js';
import { asProblem, type Problem } from '../api/problem.js';
import { Button } from '../shell/controls.js';
import { percent } from '../shell/format.js';
import { Empty, Failure, Shown, useWhoami } from '../shell/states.js';
import { type Card, curlOf, exampleOf, isGenerated, type Words } from './examples.js';

/** No model: what to do, as commands. */
export function NoModel() {
  return (
    <Empty title="There is no model yet">
      <p>
        The service takes up a model by itself once there is one in its MODEL_DIR. On the machine
        that it runs on, train one on generated placements:
      </p>
      <Copyable text="node apps/trainer/dist/main.js train --rows 5000 --output models --yes" />
      <p>or on an export of your own:</p>
      <Copyable text="node apps/trainer/dist/main.js train export.csv --output models" />
      <p>
        <Link to="/data">Data</Link> says what an export has to look like.
      </p>
    </Empty>
  );
}

async function readCard(version: string): Promise<Card> {
  const params = { path: { version } };
  return (await answer(client.GET('/models/{version}', { params }))) as unknown as Card;
}

/** Some words that the model knows, for each feature that takes words. */
async function readWords(version: string, { schema }: Card): Promise<Words> {
  const features = schema.features.filter(({ kind }) => kind === 'word');
  const each = features.map(async ({ name: feature }) => {
    const params = { path: { version }, query: { feature, limit: 20 } };
    const { words } = await answer(client.GET('/models/{version}/words', { params }));
    return [feature, words.map(({ word }) => word)] as const;
  });
  return Object.fromEntries(await Promise.all(each));
}

export function useCard(version: string | null) {
  return useQuery({
    queryKey: ['live', 'card', version],
    queryFn: async () => {
      const card = await readCard(version!);
      return { card, words: await readWords(version!, card) };
    },
    enabled: version !== null,
    staleTime: Infinity,
  });
}

/** Says that the model learned from generated placements, and where to bring others. */
export function Generated({ version }: { readonly version: string }) {
  const { data } = useCard(version);
  if (data === undefined || !isGenerated(data.card)) return null;
  return (
    <p className="notice generated">
      The model that answers learned from <strong>generated placements</strong>, so that there is
      something to try. <Link to="/data">Bring your own data</Link> to predict your own ads.
    </p>
  );
}

/** Nothing was asked yet: how to ask, by command or from here. */
export function FirstVisit({
  version,
  keep,
  close,
}: {
  readonly version: string;
  /** Has this stay, though predictions have come. */
  readonly keep: () => void;
  readonly close: () => void;
}) {
  const query = useCard(version);
  return (
    <section className="panel first-visit" aria-label="First steps">
      <Shown query={query} what="what the model can be asked">
        {({ card, words }) => <Ask card={card} words={words} keep={keep} close={close} />}
      </Shown>
    </section>
  );
}

function Ask({
  card,
  words,
  keep,
  close,
}: {
  readonly card: Card;
  readonly words: Words;
  readonly keep: () => void;
  readonly close: () => void;
}) {
  const who = useWhoami();
  const sending = useExamples(card, words, keep);
  if (sending.isDone) {
    return (
      <>
        <h2>{`${sending.ctrs.length} predictions were answered`}</h2>
        <p>
          {`From ${percent(Math.min(...sending.ctrs))} to ${percent(Math.max(...sending.ctrs))}. They count below like all others. `}
          Next: see what moves a prediction under <Link to="/what-if">What if</Link>, or let it{' '}
          <Link to="/decide">decide</Link>.
        </p>
        <Button onPress={close}>Close</Button>
      </>
    );
  }
  const isSending = sending.sent !== undefined;
  return (
    <>
      <h2>Nothing has been asked yet</h2>
      <p>The model is loaded and ready. Ask for the CTR of an ad placement from a terminal:</p>
      <Copyable
        text={curlOf(serviceUrl, exampleOf(card, words, 0), who.data?.keys_needed ?? false)}
      />
      <p>or from here. Everything below comes alive with the first answers.</p>
      {sending.problem && <Failure problem={sending.problem} />}
      <Button variant="primary" onPress={sending.send} isDisabled={isSending}>
        {isSending
          ? `Sending ${sending.sent} of ${EXAMPLES}…`
          : `Send ${EXAMPLES} example predictions`}
      </Button>
    </>
  );
}

const EXAMPLES = 20;
/** So many of them are different, so that the cache has something to answer as well. */
const DIFFERENT = 14;
/** Milliseconds between two: slow enough to watch. */
const PAUSE = 100;

/** Sends the examples, one after the other. */
function useExamples(card: Card, words: Words, keep: () => void) {
  const [sent, setSent] = useState<number>();
  const [ctrs, setCtrs] = useState<readonly number[]>([]);
  const [problem, setProblem] = useState<Problem>();
  const isGone = useRef(false);
  useEffect(() => {
    isGone.current = false;
    return () => void (isGone.current = true);
  }, []);
  const send = async () => {
    keep();
    setProblem(undefined);
    const answers: number[] = [];
    try {
      for (let i = 0; i < EXAMPLES && !isGone.current; i++) {
        setSent(i + 1);
        answers.push(await predict(exampleOf(card, words, i % DIFFERENT)));
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
      setCtrs(answers);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setSent(undefined);
    }
  };
  return { sent, ctrs, problem, send: () => void send(), isDone: ctrs.length > 0 };
}

async function predict(record: PlacementRecord): Promise<number> {
  const body = record as never;
  return (await answer(client.POST('/predict_ctr', { body }))).predicted_ctr;
}

/** A command, and a button that copies it. */
function Copyable({ text }: { readonly text: string }) {
  const [said, setSaid] = useState<string>();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
    } catch {
      setSaid('Select it and copy');
    }
  };
  return (
    <div className="copyable">
      <pre>{text}</pre>
      <Button onPress={() => void copy()}>{said ?? 'Copy'}</Button>
      <span role="status" className="sr-only">
        {said}
      </span>
    </div>
  );
}
