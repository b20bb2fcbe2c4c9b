// The service as `npm start` runs it, everything on; the environment sets it up.
import { createApp } from '@adscale/api/dist/app.js';
import { readConfig } from '@adscale/api/dist/config.js';
import { hosted } from './hosted.mjs';

const config = readConfig({ PORT: '0', HOST: '127.0.0.1', ...process.env });
const app = await createApp(config);
await app.listen(config.port, config.host);
hosted(app.getHttpServer().address().port);
