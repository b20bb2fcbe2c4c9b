import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { answer, client, type Schemas } from '../api/client.js';
import { asProblem } from '../api/problem.js';
import { useStream } from '../api/stream.js';
import { ConfirmButton } from '../shell/confirm.js';
import { Button } from '../shell/controls.js';
import { ago, moment, number } from '../shell/format.js';
import { Failure } from '../shell/states.js';
import { type Column, Table } from '../shell/table.js';

export type Job = Schemas['JobAnswer'];
export type ToldJob = Schemas['ToldJobAnswer'];

export const isOver = ({ state }: Pick<Job, 'state'>): boolean =>
  state !== 'queued' && state !== 'running';

/** What a job does, in words. */
export const titleOf = ({ kind }: Pick<Job, 'kind'>): string =>
  kind === 'inspect' ? 'Look' : 'Train';

const STATES: Readonly<Record<Job['state'], { name: string; looks: string }>> = {
  queued: { name: 'waits', looks: '' },
  running: { name: 'runs', looks: '' },
  succeeded: { name: 'done', looks: 'good' },
  failed: { name: 'failed', looks: 'bad' },
  cancelled: { name: 'cancelled', looks: 'warn' },
  timed_out: { name: 'took too long', looks: 'bad' },
  lost: { name: 'lost', looks: 'bad' },
};

export function StateChip({ job }: { readonly job: Job }) {
  const { name, looks } = STATES[job.state];
  return <span className={`chip ${looks}`}>{name}</span>;
}

/** The last jobs, looked at often while one is under way. */
export function useJobs() {
  return useQuery({
    queryKey: ['training', 'jobs'],
    queryFn: async () => (await answer(client.GET('/training/jobs'))).jobs,
    refetchInterval: ({ state }) => (state.data?.some((job) => !isOver(job)) ? 2000 : 15_000),
  });
}

/** One job with what came of it. */
export function useJob(id: string | undefined) {
  return useQuery({
    queryKey: ['training', 'job', id],
    enabled: id !== undefined,
    queryFn: () => answer(client.GET('/training/jobs/{id}', { params: { path: { id: id! } } })),
  });
}

/** Follows a job that is not over: everything that shows it hears of each step. */
export function Follow({ id }: { readonly id: string }) {
  const queries = useQueryClient();
  useStream<ToldJob>(`/training/jobs/${id}/stream`, (job) => {
    queries.setQueryData(['training', 'job', id], job);
    if (!isOver(job)) return;
    void queries.invalidateQueries({ queryKey: ['training', 'jobs'] });
    void queries.invalidateQueries({ queryKey: ['models'] });
  });
  return null;
}

/** How far a job is, what it says, and what became of it. */
export function JobProgress({ job }: { readonly job: ToldJob }) {
  const share = Math.round(job.progress * 100);
  const waits = job.ahead ? `, after ${number(job.ahead)} other${job.ahead > 1 ? 's' : ''}` : '';
  return (
    <div className="stack tight">
      {!isOver(job) && <Follow id={job.id} />}
      <div className="job-head">
        <StateChip job={job} />
        <span role="status" className="grow">
          {isOver(job) ? (job.error ?? '') : `${job.doing}${waits}`}
        </span>
        {!isOver(job) && <CancelButton job={job} />}
      </div>
      {!isOver(job) && (
        <progress max={100} value={share} aria-label={`${titleOf(job)}: ${share} % done`} />
      )}
      {job.log.length > 0 && (
        <details open={job.state === 'failed' || undefined}>
          <summary>What the trainer says</summary>
          <pre tabIndex={0} aria-label="Lines of the trainer">
            {job.log.join('\n')}
          </pre>
        </details>
      )}
    </div>
  );
}

function CancelButton({ job }: { readonly job: Job }) {
  return (
    <ConfirmButton
      name="Cancel the job"
      isDanger
      act={() => answer(client.DELETE('/training/jobs/{id}', { params: { path: { id: job.id } } }))}
    >
      <p>
        {titleOf(job)} of <bdi className="name">{job.file.name}</bdi> ends where it stands. Nothing
        is published, and what serves stays what it is.
      </p>
    </ConfirmButton>
  );
}

/** The jobs that are kept. @param show opens one */
export function JobsTable({
  jobs,
  show,
}: {
  readonly jobs: readonly Job[];
  readonly show: (job: Job) => void;
}) {
  const now = Date.now();
  const columns: Column<Job>[] = [
    {
      name: 'Job',
      cell: (job) => (
        <Button
          onPress={() => show(job)}
          aria-label={`${titleOf(job)}: show that of ${job.file.name}`}
        >
          {titleOf(job)}
        </Button>
      ),
      sortBy: titleOf,
    },
    {
      name: 'File',
      cell: ({ file }) => <bdi className="name">{file.name}</bdi>,
      sortBy: ({ file }) => file.name,
    },
    { name: 'State', cell: (job) => <StateChip job={job} />, sortBy: ({ state }) => state },
    {
      name: 'Begun',
      cell: ({ created_at }) => (
        <span className="ago" title={moment(created_at)}>
          {ago(created_at, now)}
        </span>
      ),
      sortBy: ({ created_at }) => created_at,
    },
    {
      name: 'Took',
      isNumber: true,
      cell: (job) => (job.finished_at && job.started_at ? `${number(secondsOf(job), 2)} s` : '–'),
      sortBy: (job) => (job.finished_at && job.started_at ? secondsOf(job) : null),
    },
  ];
  return <Table caption="Jobs, the newest first" columns={columns} rows={jobs} keyOf={keyOf} />;
}

const keyOf = ({ id }: Job): string => id;
const secondsOf = ({ started_at, finished_at }: Job): number =>
  (Date.parse(finished_at!) - Date.parse(started_at!)) / 1000;

/** What a training has made. */
interface TrainResult {
  readonly version: string;
  readonly held_out: {
    readonly rows?: number;
    readonly normalised_entropy?: number;
    readonly calibration_ratio?: number;
    readonly observed?: { readonly weighted_r2?: number };
  } | null;
}

/** The version that a training has made, and where to find it. */
export function Trained({ job }: { readonly job: ToldJob }) {
  const { version, held_out: judged } = job.result as unknown as TrainResult;
  const serves = job.options.promote === true;
  return (
    <div className="notice good stack tight">
      <h3>
        Version <code>{version}</code> is there
      </h3>
      <p>
        {serves
          ? 'It serves from now on.'
          : 'It does not serve: what serves stays until somebody promotes it.'}
      </p>
      {judged?.rows !== undefined && (
        <dl className="facts">
          <Fact name="Held-out rows" value={number(judged.rows, 6)} />
          <Fact name="Normalised entropy" value={number(judged.normalised_entropy)} />
          <Fact name="Calibration ratio" value={number(judged.calibration_ratio)} />
          <Fact name="R²" value={number(judged.observed?.weighted_r2)} />
        </dl>
      )}
      <p>
        <Link to="/models" search={{ version }}>
          See it under Models
        </Link>
      </p>
    </div>
  );
}

export function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** A query's failure, if it has one, above what it gave before. */
export function FailureOf({ error, retry }: { readonly error: Error | null; retry?: () => void }) {
  return error === null ? null : <Failure problem={asProblem(error)} retry={retry} />;
}
