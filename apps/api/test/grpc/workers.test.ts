import { sample } from '../running-app.js';
import { Service } from '../service-process.js';
import { modelFolder } from '../trained-models.js';
import { GrpcClient } from './client.js';

const input = { name: 'rows', datatype: 'FP64', shape: [1, 4] };
const rows = [sample.impressions, sample.ad_position, 0, sample.budget];
const request = { model_name: 'ctr', inputs: [{ ...input, contents: { fp64_contents: rows } }] };

describe('gRPC with several workers', () => {
  it('shares one port, answers every connection, speaks for all in its figures and leaves', async () => {
    const environment = { MODEL_DIR: await modelFolder(), WORKERS: '2', GRPC_PORT: '0' };
    const service = await new Service(environment).up();
    await service.logged('all workers are up');
    const [first, second] = [1, 2].map((count) => service.logged('AdScale is up', count));
    const { grpc_port } = await first;
    expect((await second).grpc_port).toBe(grpc_port);

    // A connection keeps to the worker that took it; they take them in turns.
    const clients = Array.from({ length: 4 }, () => new GrpcClient(Number(grpc_port)));
    for (const client of clients) {
      const { body, error } = await client.call('ModelInfer', request);
      expect(error).toBeUndefined();
      expect(body.outputs[0].contents.fp64_contents).toHaveLength(1);
    }
    const metrics = await fetch(`http://127.0.0.1:${service.port}/metrics`);
    expect(await metrics.text()).toMatch(
      /http_requests_total\{method="GRPC",route="[^"]*\/ModelInfer",status="200"\} 4\n/,
    );
    service.kill('SIGTERM');
    expect(await service.ended()).toEqual([0, null]);
    for (const client of clients) client.close();
  });
});
