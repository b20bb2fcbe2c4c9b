import { type FunctionComponent, useEffect, useState } from 'react';
import { ask } from '../api/client.js';
import { asProblem, Problem } from '../api/problem.js';
import { Button } from './controls.js';
import { Empty, Failure, Loading } from './states.js';

/** Milliseconds until code that could not be had is asked for again. */
const AGAIN_MS = 3000;

/**
 * A page whose code is loaded when it is first opened. Where it cannot be had, that is said and tried again,
 * and nothing of what is open is lost: a reload, as routers do it, would leave a page of the browser's own
 * while there is no network.
 */
export function lazyPage(load: () => Promise<FunctionComponent>): FunctionComponent {
  let Page: FunctionComponent | undefined;
  return function LazyPage() {
    const [problem, setProblem] = useState<Problem>();
    const [tries, setTries] = useState(0);
    const next = () => setTries((before) => before + 1);
    useEffect(() => {
      let isGone = false;
      let again: ReturnType<typeof setTimeout> | undefined;
      const get = async () => {
        try {
          Page ??= await load();
          if (!isGone) setProblem(undefined);
        } catch (error) {
          const why = await reasonOf(error);
          if (isGone) return;
          setProblem(why);
          if (why.code !== OUTDATED) again = setTimeout(next, AGAIN_MS);
        }
        if (!isGone && Page !== undefined) next();
      };
      if (Page === undefined) void get();
      return () => {
        isGone = true;
        clearTimeout(again);
      };
    }, [tries]);
    if (Page !== undefined) return <Page />;
    if (problem?.code === OUTDATED) return <Outdated />;
    return problem ? <Failure problem={problem} retry={next} /> : <Loading what="the page" />;
  };
}

const OUTDATED = 'OUTDATED';

/** A service that answers, but not with this file, has a newer page. */
async function reasonOf(error: unknown): Promise<Problem> {
  try {
    await ask('/health/live');
    return new Problem(0, OUTDATED, String(error));
  } catch (away) {
    return asProblem(away);
  }
}

function Outdated() {
  return (
    <Empty title="The service has another version of this page by now">
      <p>What is typed in here is lost when it is loaded anew, what is in the address is not.</p>
      <Button variant="primary" onPress={() => window.location.reload()}>
        Load it anew
      </Button>
    </Empty>
  );
}
