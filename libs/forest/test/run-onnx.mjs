// ONNX Runtime in a process of its own: its tensors insist on the typed arrays of the main realm,
// and Jest gives every test file a realm. Reads { model, rows, width, type } as JSON from standard
// input, arrays in base64, and writes the float32 predictions in base64.
import { InferenceSession, Tensor } from 'onnxruntime-node';

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { model, rows, width, type } = JSON.parse(Buffer.concat(chunks).toString());
const doubles = new Float64Array(Uint8Array.from(Buffer.from(rows, 'base64')).buffer);
const data = type === 'float32' ? Float32Array.from(doubles) : doubles;
const session = await InferenceSession.create(Uint8Array.from(Buffer.from(model, 'base64')));
const input = new Tensor(type, data, [data.length / width, width]);
const outputs = await session.run({ [session.inputNames[0]]: input });
const { data: predictions } = outputs[session.outputNames[0]];
process.stdout.write(
  Buffer.from(predictions.buffer, predictions.byteOffset, predictions.byteLength).toString(
    'base64',
  ),
);
