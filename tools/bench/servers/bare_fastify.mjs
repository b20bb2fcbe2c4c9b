// Fastify with nothing added: what its routing, parsing and hooks cost.
import fastify from 'fastify';
import { hosted } from './hosted.mjs';

const app = fastify();
app.post('/predict_ctr', (request, reply) => {
  reply.send({ predicted_ctr: request.body.budget > 0 ? 0.0847 : 0 });
});
await app.listen({ port: 0, host: '127.0.0.1' });
hosted(app.server.address().port);
