import { useEffect, useState } from 'react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { answer, ask, client } from '../api/client.js';
import { Tabs } from '../shell/controls.js';
import { Empty, Shown } from '../shell/states.js';
import { type DecisionName, decisionNames, decisions } from './decisions.js';
import { DecisionView } from './decision-view.js';
import { draftStore } from './draft.js';
import type { Card, Served } from './example.js';
import { unpacked } from './taking-along.js';
import './decide.css';

/** The model that decides; null while there is none. */
function useServed() {
  return useQuery({
    queryKey: ['decide', 'served'],
    queryFn: async ({ signal }): Promise<Served | null> => {
      const { current } = await answer(client.GET('/models', { signal }));
      if (current === null) return null;
      const response = await ask(`/models/${encodeURIComponent(current)}`, { signal });
      return { version: current, card: (await response.json()) as Card };
    },
  });
}

const choices = decisionNames.map((id) => ({ id, name: decisions[id].title }));

/** What the service can be asked to decide, of placements that one types in. */
export function DecidePage() {
  const served = useServed();
  const { decision } = useSearch({ strict: false }) as { decision?: unknown };
  const navigate = useNavigate();
  const shared = useShared();
  const name: DecisionName = decisionNames.find((known) => known === decision) ?? 'rank';
  return (
    <div className="stack decide">
      <div>
        <h1>Decide</h1>
        <p className="soft">
          One table of placements for all decisions. It is kept in this tab and sent to this service
          only.
        </p>
      </div>
      {shared !== undefined && (
        <p className={`notice ${shared === 'read' ? 'good' : 'bad'}`} role="status">
          {shared === 'read'
            ? 'This is the table that was shared with you. Undo brings yours back.'
            : 'The address holds no table that can be read: it may have been cut. Yours is as it was.'}
        </p>
      )}
      <Shown query={served} what="the model's features">
        {(model) =>
          model === null ? (
            <Empty title="There is no model yet">
              <p>Decisions need a model. Train one, and the service takes it up by itself:</p>
              <pre>node apps/trainer/dist/main.js train</pre>
            </Empty>
          ) : (
            <Tabs
              label="Decisions"
              choices={choices}
              value={name}
              onChange={(id) =>
                void navigate({ to: '/decide', search: { decision: id } as never, replace: true })
              }
            >
              <DecisionView key={name} decision={decisions[name]} served={model} />
            </Tabs>
          )
        }
      </Shown>
    </div>
  );
}

/** Takes over a table that the address holds, once; the address is then that of the page. */
function useShared(): 'read' | 'unreadable' | undefined {
  const { table, decision } = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const [result, setResult] = useState<'read' | 'unreadable'>();
  useEffect(() => {
    if (typeof table !== 'string') return;
    let isOver = false;
    void unpacked(table).then((found) => {
      if (isOver) return;
      setResult(found === undefined ? 'unreadable' : 'read');
      if (found) draftStore.take(found);
      void navigate({ to: '/decide', search: { decision } as never, replace: true });
    });
    return () => {
      isOver = true;
    };
  }, [table, decision, navigate]);
  return result;
}
