// The floor: Node's own HTTP server, parsing the body and answering with JSON, nothing else.
import { createServer } from 'node:http';
import { hosted } from './hosted.mjs';

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const record = JSON.parse(Buffer.concat(chunks).toString());
    const body = JSON.stringify({ predicted_ctr: record.budget > 0 ? 0.0847 : 0 });
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => hosted(server.address().port));
