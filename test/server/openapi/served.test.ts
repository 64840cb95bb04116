import t from 'tap';
import { ERRNOS } from '../../../protocol/errnos.js';
import { accept } from '../../support/api/accounts.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';
import { findFreePort } from '../../support/services/free-port.js';

t.test('the OpenAPI document is served with the public URL to every origin', async (t) => {
  const server = await startServer(t, { PUBLIC_URL: 'https://accounts.firefox.test' });
  const origin = { Origin: 'https://reader.test' };
  const { status, headers, body } = await send(server, '/v1/openapi.json', {
    method: 'GET',
    headers: origin,
  });
  t.equal(status, 200);
  t.equal(headers['access-control-allow-origin'], '*');
  t.match(body, {
    openapi: '3.1.0',
    servers: [{ url: 'https://accounts.firefox.test' }],
    info: { version: server.services.version.version },
  });
});

t.test('the OpenAPI document is written once', async (t) => {
  const server = await startServer(t);
  const written = t.capture(JSON, 'stringify', JSON.stringify);
  for (let i = 0; i < 2; i++) t.equal((await fetch(`${server.url}/v1/openapi.json`)).status, 200);
  t.equal(written().filter(({ args: [value] }) => value?.openapi).length, 1);
});

t.test('errors link to the schema that explains every errno', async (t) => {
  const server = await startServer(t);
  const { body } = await send(server, '/unknown', { method: 'GET' });
  const [url = '', pointer = ''] = (body.info as string).split('#');
  t.equal(pointer, '/components/schemas/Error');
  const { components } = (await (await fetch(url)).json()) as {
    components: { schemas: { Error: { properties: { errno: { description: string } } } } };
  };
  const { description } = components.schemas.Error.properties.errno;
  for (const errno of Object.values(ERRNOS)) t.match(description, `${errno}: `);
});

t.test('heartbeat, version, metrics and support document match their description', async (t) => {
  const server = await startServer(t);
  for (const path of [
    '/metrics',
    '/__heartbeat__',
    '/__lbheartbeat__',
    '/__version__',
    '/.well-known/browserid',
  ]) {
    t.equal((await send(server, path, { method: 'GET' })).status, 200, path);
  }
});

t.test('metrics on METRICS_PORT are not described', async (t) => {
  const readPaths = async (env: Record<string, string>) => {
    const server = await startServer(t, env);
    return Object.keys(accept(await send(server, '/v1/openapi.json', { method: 'GET' })).paths as object);
  };
  const METRICS_PORT = String(await findFreePort());
  const [here, elsewhere] = [await readPaths({}), await readPaths({ METRICS_PORT })];
  t.same(
    here.filter((path) => !elsewhere.includes(path)),
    ['/metrics'],
  );
});
