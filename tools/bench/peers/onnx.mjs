// ONNX Runtime on the very forest that ours is, one thread.
import { onnxOf } from './onnx_model.mjs';

/**
 * @returns {Promise<{version: string, predict: (rows: Float32Array) => Promise<Float32Array>}>}
 *   `predict` takes rows one after the other
 * @throws Error where the package or its binary is absent
 */
export async function onnxSession(forest) {
  const { default: onnx } = await import('onnxruntime-node');
  const session = await onnx.InferenceSession.create(onnxOf(forest), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const width = forest.schema.features.length;
  return {
    version: `ONNX Runtime ${onnx.env.versions.node}`,
    async predict(rows) {
      const tensor = new onnx.Tensor('float32', rows, [rows.length / width, width]);
      const { mean } = await session.run({ rows: tensor });
      return mean.data;
    },
  };
}
