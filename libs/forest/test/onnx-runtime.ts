import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** What ONNX Runtime answers for each row. */
export function onnxRuntimePredictions(
  model: Uint8Array,
  rows: readonly (readonly number[])[],
  type: 'float32' | 'float64',
): Float32Array {
  const data = base64Of(rows.flat());
  return run(model, { '': { type, width: rows[0].length, data } });
}

/** One value a record. */
export interface RecordInput {
  readonly type: 'string' | 'float64' | 'int64';
  readonly values: readonly (string | number)[];
}

/** What ONNX Runtime answers for each record, by the name of the field: its values. */
export function onnxRuntimeOfRecords(
  model: Uint8Array,
  fields: Readonly<Record<string, RecordInput>>,
): Float32Array {
  const inputs = Object.entries(fields).map(([name, { type, values }]) => {
    const data = type === 'string' ? values : base64Of(values as number[]);
    return [name, { type, width: 1, data }];
  });
  return run(model, Object.fromEntries(inputs));
}

function base64Of(numbers: readonly number[]): string {
  return Buffer.from(Float64Array.from(numbers).buffer).toString('base64');
}

function run(model: Uint8Array, inputs: unknown): Float32Array {
  const output = execFileSync(process.execPath, [join(__dirname, 'run-onnx.mjs')], {
    input: JSON.stringify({ model: Buffer.from(model).toString('base64'), inputs }),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return new Float32Array(Uint8Array.from(Buffer.from(output, 'base64')).buffer);
}
