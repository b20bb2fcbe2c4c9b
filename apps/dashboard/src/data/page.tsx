/*
 * From an export to a version, on one page:
 *
 *   drop ──▶ file ──looked at──▶ findings, draft of a mapping ──edited──▶ training ──▶ version, under Models
 *
 * The address names the look and the training that are shown, so that each can be shared and come back to.
 */
import { useState } from 'react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { answer, client } from '../api/client.js';
import { asProblem } from '../api/problem.js';
import { Empty, Failure, Loading, Shown, StartWithKey, useWhoami } from '../shell/states.js';
import { DropFile, FilesTable } from './files.js';
import { Findings } from './inspection.js';
import {
  FailureOf,
  type Job,
  JobProgress,
  JobsTable,
  type ToldJob,
  Trained,
  useJob,
  useJobs,
} from './jobs.js';
import type { Inspection, Mapping } from './mapping.js';
import { MappingForm } from './mapping-form.js';
import { ReadAgain, TrainForm, useStartJob } from './train.js';
import type { StoredFile } from './upload.js';
import './data.css';

/** Ids of the jobs that are shown. */
interface Asked {
  readonly look?: string;
  readonly train?: string;
}

export function DataPage() {
  // Asked first: where nobody may train, nothing else need be asked, and refused.
  const who = useWhoami();
  return (
    <div className="data-page">
      <h1>Data</h1>
      <Shown query={who} what="whether files can be trained on">
        {({ trainer, keys_needed, scopes }) =>
          keys_needed && (trainer || !scopes.includes('admin')) ? (
            <Files />
          ) : (
            <SwitchedOff hasKeys={keys_needed} />
          )
        }
      </Shown>
    </div>
  );
}

function Files() {
  const files = useQuery({
    queryKey: ['training', 'files'],
    queryFn: () => answer(client.GET('/training/files')),
  });
  return (
    <Shown query={files} what="files">
      {({ files: all, room }) => <Desk files={all} room={room} />}
    </Shown>
  );
}

/** Training beside the service is off unless somebody has switched it on. */
function SwitchedOff({ hasKeys }: { readonly hasKeys: boolean }) {
  return (
    <div className="panel">
      <Empty
        title={
          hasKeys
            ? 'Training from this page is switched off'
            : 'Nobody may train from this page: the service has no keys'
        }
      >
        <p>
          With it, an export that you drop here is looked at, trained on with your mapping, and
          becomes a version under Models. Start the service with it on, and with a key that may
          administer:
        </p>
        <StartWithKey settings="TRAINER=on " />
        <p>Or train at a terminal, into the folder of models that the service reads:</p>
        <pre tabIndex={0} aria-label="Commands that train at a terminal">
          {'npx adscale inspect export.csv\nnpx adscale train export.csv --no-promote'}
        </pre>
      </Empty>
    </div>
  );
}

function Desk({
  files,
  room,
}: {
  readonly files: readonly StoredFile[];
  readonly room: Parameters<typeof DropFile>[0]['room'];
}) {
  const { look, train } = useSearch({ strict: false }) as Record<keyof Asked, unknown>;
  const navigate = useNavigate();
  const jobs = useJobs();
  const show = (asked: Asked) => void navigate({ to: '/data', search: asked as never });
  const begin = useStartJob(({ id }) => show({ look: id }));
  const lookAt = ({ id }: StoredFile) => {
    const known = jobs.data?.find(({ kind, file, state }) => {
      return kind === 'inspect' && file.id === id && ['succeeded', 'running'].includes(state);
    });
    if (known !== undefined) return show({ look: known.id });
    begin.mutate({ kind: 'inspect', file: id });
  };
  return (
    <div className="stack">
      <section className="panel stack" aria-label="Files">
        <DropFile room={room} onSent={({ id }) => begin.mutate({ kind: 'inspect', file: id })} />
        <FailureOf error={begin.error} />
        {files.length > 0 && <FilesTable files={files} look={lookAt} />}
      </section>
      {typeof look === 'string' && (
        <Look key={look} id={look} onStarted={(job) => show(shownAfter(job, look))} />
      )}
      {typeof train === 'string' && <Training key={train} id={train} />}
      <section className="panel" aria-label="Jobs">
        <h2>Jobs</h2>
        <Shown query={jobs} what="jobs">
          {(all) =>
            all.length === 0 ? (
              <Empty title="No job yet">
                <p>
                  A file that you drop above is looked at first. For practice data:{' '}
                  <code>npx adscale generate -o practice.csv</code>
                </p>
              </Empty>
            ) : (
              <JobsTable
                jobs={all}
                show={({ id, kind }: Job) =>
                  show(kind === 'inspect' ? { look: id } : { train: id })
                }
              />
            )
          }
        </Shown>
      </section>
    </div>
  );
}

const shownAfter = ({ id, kind }: Job, look: string): Asked =>
  kind === 'train' ? { look, train: id } : { look: id };

/** What was found in a file, its mapping and what to train with it. */
function Look({
  id,
  onStarted,
}: {
  readonly id: string;
  readonly onStarted: (job: ToldJob) => void;
}) {
  const job = useJob(id);
  if (job.data === undefined) {
    return job.error ? (
      <Failure problem={asProblem(job.error)} retry={() => void job.refetch()} />
    ) : (
      <Loading what="the look at the file" />
    );
  }
  const { file, result, state } = job.data;
  return (
    <section className="panel stack" aria-label="Look at the file">
      <h2>
        What is in <bdi className="name">{file.name}</bdi>
      </h2>
      <FailureOf error={job.error} />
      <JobProgress job={job.data} />
      {state === 'succeeded' && (
        <Found found={result as unknown as Inspection} file={file} onStarted={onStarted} />
      )}
      {state === 'failed' && <ReadAgain file={file} onStarted={onStarted} />}
    </section>
  );
}

function Found({
  found,
  file,
  onStarted,
}: {
  readonly found: Inspection;
  readonly file: { readonly id: string; readonly name: string };
  readonly onStarted: (job: ToldJob) => void;
}) {
  const [mapping, setMapping] = useState<Mapping>(found.mapping);
  return (
    <>
      <Findings found={found} />
      <details>
        <summary>It was read wrong</summary>
        <ReadAgain file={file} onStarted={onStarted} />
      </details>
      <MappingForm found={found} mapping={mapping} onChange={setMapping} />
      <TrainForm file={file} mapping={mapping} onStarted={onStarted} />
    </>
  );
}

/** A training, and the version that it made. */
function Training({ id }: { readonly id: string }) {
  const job = useJob(id);
  const queries = useQueryClient();
  if (job.data === undefined) {
    return job.error ? (
      <Failure
        problem={asProblem(job.error)}
        retry={() => void queries.invalidateQueries({ queryKey: ['training', 'job', id] })}
      />
    ) : (
      <Loading what="the training" />
    );
  }
  const { file, state } = job.data;
  return (
    <section className="panel stack" aria-label="Training">
      <h2>
        Training on <bdi className="name">{file.name}</bdi>
      </h2>
      <JobProgress job={job.data} />
      {state === 'succeeded' && <Trained job={job.data} />}
    </section>
  );
}
