import { useRef, useState } from 'react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { DropZone, FileTrigger, Text } from 'react-aria-components';
import { answer, client, type Schemas } from '../api/client.js';
import { asProblem, Problem } from '../api/problem.js';
import { ConfirmButton } from '../shell/confirm.js';
import { Button } from '../shell/controls.js';
import { ago, bytes, moment } from '../shell/format.js';
import { Failure } from '../shell/states.js';
import { type Column, Table } from '../shell/table.js';
import { type StoredFile, upload } from './upload.js';

type Room = Schemas['RoomAnswer'];

/** A place to drop a file, and how far it has come. @param onSent is given the file once it is there */
export function DropFile({
  room,
  onSent,
}: {
  readonly room: Room;
  readonly onSent: (file: StoredFile) => void;
}) {
  const queries = useQueryClient();
  const [share, setShare] = useState(0);
  const abort = useRef(new AbortController());
  const sending = useMutation({
    // Without a network, that is said at once.
    networkMode: 'always',
    mutationFn: (file: File) => {
      checkSize(file, room);
      abort.current = new AbortController();
      setShare(0);
      return upload(file, abort.current.signal, setShare);
    },
    onSuccess: onSent,
    // Not waited for: without a network it would not end, and neither would this.
    onSettled: () => void queries.invalidateQueries({ queryKey: ['training', 'files'] }),
  });
  const [left, setLeft] = useState<readonly string[]>([]);
  /** One at a time: what else was given is named, so that nobody takes it for sent. */
  const take = (files: readonly File[]) => {
    const [first] = sending.isPending ? [] : files;
    if (files.length > 0) setLeft(files.filter((file) => file !== first).map(({ name }) => name));
    if (first !== undefined) sending.mutate(first);
  };
  const done = Math.round(100 * share);
  return (
    <div className="stack tight">
      <DropZone
        className="drop"
        onDrop={async ({ items }) => {
          const files = items.filter((item) => item.kind === 'file');
          take(await Promise.all(files.map((file) => file.getFile())));
        }}
      >
        <Text slot="label">Drop an export of your campaigns here</Text>
        <p className="soft">
          {`CSV, Excel, Parquet or lines of JSON, packed by gzip or not, ${bytes(room.file_bytes)} at most. It stays on the service.`}
        </p>
        <FileTrigger onSelect={(files) => take([...(files ?? [])])}>
          <Button variant="primary" isDisabled={sending.isPending}>
            Choose a file…
          </Button>
        </FileTrigger>
      </DropZone>
      {left.length > 0 && (
        <p className="notice warn" role="status">
          One file is taken at a time. Left out: <bdi className="name">{left.join(', ')}</bdi>
        </p>
      )}
      {sending.isPending && (
        <div className="job-head">
          <span className="grow">
            Sending <bdi className="name">{sending.variables.name}</bdi>
          </span>
          <progress max={100} value={done} aria-label={`Sending: ${done} % done`} />
          <Button onPress={() => abort.current.abort()}>Cancel</Button>
        </div>
      )}
      {sending.error && sending.variables && (
        <Failure
          problem={asProblem(sending.error)}
          retry={() => sending.mutate(sending.variables)}
        />
      )}
    </div>
  );
}

/** @throws Problem before a byte is sent in vain */
function checkSize({ size, name }: File, { file_bytes, total_bytes, used_bytes }: Room): void {
  if (size === 0) throw new Problem(0, 'UPLOAD_REFUSED', `${name} is empty.`);
  if (size > file_bytes) {
    const text = `${name} has ${bytes(size)}; a file may have ${bytes(file_bytes)}: send fewer rows or columns, or pack it by gzip.`;
    throw new Problem(0, 'UPLOAD_TOO_LARGE', text);
  }
  if (used_bytes + size > total_bytes) {
    const text = `All files may take ${bytes(total_bytes)}, and ${bytes(used_bytes)} are taken: delete one below first.`;
    throw new Problem(0, 'UPLOADS_FULL', text);
  }
}

/** The files that are there. */
export function FilesTable({
  files,
  look,
}: {
  readonly files: readonly StoredFile[];
  readonly look: (file: StoredFile) => void;
}) {
  const now = Date.now();
  const columns: Column<StoredFile>[] = [
    {
      name: 'File',
      cell: ({ name }) => <bdi className="name">{name}</bdi>,
      sortBy: ({ name }) => name,
    },
    {
      name: 'Size',
      isNumber: true,
      cell: (file) => bytes(file.bytes),
      sortBy: (file) => file.bytes,
    },
    {
      name: 'Sent',
      cell: ({ uploaded_at: at }) => (
        <span className="ago" title={moment(at)}>
          {ago(at, now)}
        </span>
      ),
      sortBy: ({ uploaded_at }) => uploaded_at,
    },
    {
      name: 'What to do',
      cell: (file) => (
        <div className="toolbar">
          <Button onPress={() => look(file)} aria-label={`Look at it: ${file.name}`}>
            Look at it
          </Button>
          <ConfirmButton
            name="Delete"
            title="Delete the file"
            isDanger
            act={() =>
              answer(client.DELETE('/training/files/{id}', { params: { path: { id: file.id } } }))
            }
          >
            <p>
              <bdi className="name">{file.name}</bdi> is deleted from the service. Versions that
              were trained on it stay.
            </p>
          </ConfirmButton>
        </div>
      ),
    },
  ];
  return (
    <Table
      caption="Files, the newest first"
      columns={columns}
      rows={files}
      keyOf={({ id }) => id}
      most={20}
    />
  );
}
