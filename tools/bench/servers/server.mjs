// One of the servers that the benchmarks compare, in a process of its own that `server_process.mjs`
// starts:
//
//   server.mjs raw      the floor: Node's own HTTP server, parsing the body and answering with JSON
//   server.mjs raw name the same, set up as one of the `alternatives` below
//   server.mjs fastify  Fastify with nothing added: what its routing, parsing and hooks cost
//   server.mjs api      the service as `npm start` runs it, everything on; the environment sets it up
//   server.mjs api part the same without this part of a request, see `left_out.mjs`
//
// Sends its port once it listens; then answers 'cpu' and 'memory' with what it has used so far.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { leftOut } from './left_out.mjs';

/** What Node offers to set up, by name. */
const alternatives = {
  'highWaterMark 4 KiB': { options: { highWaterMark: 4096 } },
  'highWaterMark 256 KiB': { options: { highWaterMark: 262_144 } },
  'noDelay off': { options: { noDelay: false } },
  'keepAlive probes': { options: { keepAlive: true } },
  'keepAliveTimeout 0': { options: { keepAliveTimeout: 0 } },
  'no request time-outs': { options: { requestTimeout: 0, headersTimeout: 0 } },
  'cork and uncork': { cork: true },
  'maxRequestsPerSocket 1000000': { maxRequestsPerSocket: 1_000_000 },
};

/** Each starts to listen on a free port of this machine and gives it. */
const starts = {
  async raw() {
    const { options, cork, maxRequestsPerSocket = 0 } = alternatives[part] ?? {};
    const server = createServer(options ?? {}, (request, response) => {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.stringify(answerTo(JSON.parse(Buffer.concat(chunks).toString())));
        if (cork) response.cork();
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        });
        response.end(body);
        if (cork) response.uncork();
      });
    });
    server.maxRequestsPerSocket = maxRequestsPerSocket;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server.address().port;
  },

  async fastify() {
    const { default: fastify } = await import('fastify');
    const app = fastify();
    app.post('/predict_ctr', (request, reply) => {
      reply.send(answerTo(request.body));
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    return app.server.address().port;
  },

  async api() {
    const built = (file) => import(new URL(`../../../apps/api/dist/${file}`, import.meta.url));
    const { Service } = await built('service.js');
    const { createLogger } = await built('logging/logger.js');
    const { readConfig } = await built('config.js');
    const config = readConfig({ PORT: '0', HOST: '127.0.0.1', ...process.env });
    const service = new Service(config, createLogger(config.logLevel));
    await service.start();
    return service.port;
  },
};

/** What the servers without a model answer. */
function answerTo({ budget }) {
  return { predicted_ctr: budget > 0 ? 0.0847 : 0 };
}

/** Without collecting garbage first: that would be counted as the requests' own. */
function processorTime() {
  const { user, system } = process.cpuUsage();
  return { cpu: (user + system) / 1e6 };
}

function liveMemory() {
  // What finalisers let go of is collected by the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed, external, resident: rss };
}

const [kind, part] = process.argv.slice(2);
const goOn = kind === 'api' && part !== undefined ? await leftOut[part]() : undefined;
const port = await starts[kind]();
goOn?.();
process.on('message', (question) => {
  if (question === 'cpu') process.send(processorTime());
  if (question === 'memory') process.send(liveMemory());
});
process.on('disconnect', () => process.exit(0));
process.send({ port });
