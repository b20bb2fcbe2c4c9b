// One of the servers that `batch_serving.mjs` asks, in a process of its own:
//
//   batch_server.mjs api <models>   the API as it is started for real
//   batch_server.mjs raw            node:http that parses arrays and stringifies as many numbers
//
// Sends its port; then answers 'cpu' with the seconds of processor time it took so far, and
// { stages } with what the parts of such batches cost, in seconds a batch.
import { createServer } from 'node:http';

const [kind, folder] = process.argv.slice(2);
const built = (file) => import(new URL(`../../apps/api/dist/${file}`, import.meta.url));

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

async function startApi() {
  const [{ Service }, { createLogger }, { readConfig }] = await Promise.all(
    ['service.js', 'logging/logger.js', 'config.js'].map(built),
  );
  const settings = { PORT: '0', HOST: '127.0.0.1', MODEL_DIR: folder, MODEL_POLL_MS: '0' };
  const config = readConfig(settings);
  const service = new Service(config, createLogger(config.logLevel));
  await service.start();
  return { port: service.port, app: service.current };
}

async function startRaw() {
  const server = createServer((asked, answer) => {
    const chunks = [];
    asked.on('data', (chunk) => chunks.push(chunk));
    asked.on('end', () => {
      const records = JSON.parse(Buffer.concat(chunks).toString());
      const predictions = records.map(({ ad_position }) => ({ predicted_ctr: ad_position / 1e4 }));
      const body = JSON.stringify({ ok: records.length, failed: 0, predictions });
      answer.setHeader('content-type', 'application/json');
      answer.end(body);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: server.address().port };
}

/** CPU seconds a call of each of `works`, in turn; the whole process's, garbage collection included. */
function costsOf(works, rounds) {
  const costs = works.map(() => 0);
  for (let round = -1; round < rounds; round++) {
    works.forEach((work, i) => {
      const before = cpuSeconds();
      work();
      if (round >= 0) costs[i] += cpuSeconds() - before;
    });
  }
  return costs.map((cost) => cost / rounds);
}

async function stagesOf(app, bodies, rounds) {
  const [{ RecordAnswers }, { ServedModel }, { readRecord }, { ServiceStats }] = await Promise.all([
    built('batch/record-answers.js'),
    built('model/served-model.js'),
    built('record/record-reading.js'),
    import('@adscale/stats'),
  ]);
  const { current } = app.get(ServedModel);
  const answersNow = () => new RecordAnswers(current, app.get(ServiceStats));
  const row = new Float64Array(current.contract.width);
  const batches = bodies.map((body) => JSON.parse(body));
  let sink = 0;
  const parse = () => bodies.forEach((body) => (sink += JSON.parse(body).length));
  const predict = () => {
    for (const records of batches) {
      const answers = answersNow();
      for (let i = 0; i < records.length; i++) {
        if (readRecord(current.contract, records[i], row)) sink += answers.predict(row);
      }
    }
  };
  const answer = () => {
    for (const records of batches) {
      const answers = answersNow();
      const outcomes = records.map((record) => answers.answer(record));
      sink += Buffer.byteLength(outcomes.join(','));
    }
  };
  const [parsed, predicted, answered] = costsOf([parse, predict, answer], rounds);
  const each = (cost) => Math.max(0, cost) / bodies.length;
  return {
    parse: each(parsed),
    predict: each(predicted),
    write: each(answered - predicted),
    sink,
  };
}

const { port, app } = kind === 'api' ? await startApi() : await startRaw();
process.on('message', async (question) => {
  if (question === 'cpu') return process.send(cpuSeconds());
  process.send(await stagesOf(app, question.stages, question.rounds));
});
process.send(port);
