// The service as `npm start` runs it, everything on; the environment sets it up.
import { builtApi } from './built_api.mjs';
import { hosted } from './hosted.mjs';

const [{ createApp }, { readConfig }] = [await builtApi('app.js'), await builtApi('config.js')];
const config = readConfig({ PORT: '0', HOST: '127.0.0.1', ...process.env });
const app = await createApp(config);
await app.listen(config.port, config.host);
hosted(app.getHttpServer().address().port);
