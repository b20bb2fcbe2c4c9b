// ONNX Runtime in a process of its own: its tensors insist on the typed arrays of the main realm,
// and Jest gives every test file a realm. Reads { model, inputs } as JSON from standard input, where
// inputs are, by name ('' for whatever the first is called), { type, width, data }: strings as they
// are, numbers as doubles in base64. Writes the float32 predictions in base64.
import { InferenceSession, Tensor } from 'onnxruntime-node';

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { model, inputs } = JSON.parse(Buffer.concat(chunks).toString());
const numbersOf = (base64) =>
  new Float64Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);
const arrays = {
  float32: (data) => Float32Array.from(numbersOf(data)),
  float64: numbersOf,
  int64: (data) => BigInt64Array.from(Array.from(numbersOf(data), BigInt)),
  string: (data) => data,
};
const session = await InferenceSession.create(Uint8Array.from(Buffer.from(model, 'base64')), {
  logSeverityLevel: 3,
});
const feeds = {};
for (const [name, { type, width, data }] of Object.entries(inputs)) {
  const array = arrays[type](data);
  const shape = [array.length / width, width];
  feeds[name === '' ? session.inputNames[0] : name] = new Tensor(type, array, shape);
}
const outputs = await session.run(feeds);
// Of a classifier's outputs, the last one is that of its chances, class by class.
const { data: predictions } = outputs[session.outputNames.at(-1)];
process.stdout.write(
  Buffer.from(predictions.buffer, predictions.byteOffset, predictions.byteLength).toString(
    'base64',
  ),
);
