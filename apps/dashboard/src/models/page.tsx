/* Versions of the model: which answers, which are tried, how good they are, and the ways to change that. */
import { useCallback, useState } from 'react';
import { Empty, Shown } from '../shell/states.js';
import { Told } from './admin.js';
import { type Models, useModels, usePlace, useTrials } from './asked.js';
import './models.css';
import { Serving } from './serving.js';
import { TrialOf } from './trial.js';
import { OneVersion } from './version.js';
import { Versions } from './versions.js';

export function ModelsPage() {
  const models = useModels();
  const [told, setTold] = useState('');
  const tell = useCallback((sentence: string) => setTold(sentence), []);
  return (
    <Told value={tell}>
      <h1>Models</h1>
      <p role="status" className={told ? 'notice good' : 'banner-none'}>
        {told}
      </p>
      <Shown query={models} what="the versions">
        {(data) => (data.versions.length === 0 ? <NoVersions /> : <Content models={data} />)}
      </Shown>
    </Told>
  );
}

function Content({ models }: { readonly models: Models }) {
  const [{ version }] = usePlace();
  const trials = useTrials();
  const listed = trials.data?.trials ?? [];
  const tried = new Map(listed.map(({ version, is_over }) => [version, is_over]));
  const open = listed.find(({ is_over }) => !is_over);
  return (
    <div className="stack">
      {version !== undefined ? (
        <OneVersion name={version} models={models} tried={tried} />
      ) : (
        <>
          <Serving models={models} />
          {open && <TrialOf version={open.version} models={models} />}
          <Versions models={models} tried={tried} />
        </>
      )}
    </div>
  );
}

function NoVersions() {
  return (
    <section className="panel">
      <Empty title="There is no model yet">
        <p>
          Train one, on your own data or on generated records. The service loads it by itself, and
          it is listed here.
        </p>
        <pre>adscale train campaigns.csv</pre>
      </Empty>
    </section>
  );
}
