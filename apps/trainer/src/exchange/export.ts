import { writeFile } from 'node:fs/promises';
import { Registry } from '@adscale/ctr';
import { ForestError } from '@adscale/forest';
import { toOnnx } from '@adscale/forest/onnx';
import { InputError } from '../cli/exit.js';
import type { ModelsFlags } from '../score/model-flags.js';
import { Reporter } from '../cli/reporter.js';
import { writeWhole } from '../cli/whole-file.js';

export interface ExportFlags extends ModelsFlags {
  readonly output: string;
}

/** Writes a stored model as ONNX. */
export async function runExportOnnx(
  name: string,
  { models, output, json }: ExportFlags,
  signal: AbortSignal,
): Promise<void> {
  const registry = new Registry(models);
  const version = await registry.resolve(name);
  const { forest, schema } = await registry.load(version);
  let bytes: Uint8Array;
  try {
    bytes = toOnnx(forest);
  } catch (cause) {
    if (!(cause instanceof ForestError)) throw cause;
    throw new InputError(`${version}: ${cause.message}`, { cause });
  }
  await writeWhole(output, signal, (temporary) => writeFile(temporary, bytes, { flush: true }));
  const inputs = schema.features.map((feature) =>
    feature.kind === 'categorical'
      ? `${feature.name} (${feature.categories.map((word, place) => `${word} ${place}`).join(', ')})`
      : feature.name,
  );
  const text = `${output}: ${version}, ${bytes.length.toLocaleString('en')} bytes\ninputs in order: ${inputs.join(', ')}`;
  new Reporter(json).result(text, { version, output, bytes: bytes.length, schema });
}
