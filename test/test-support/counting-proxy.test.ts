import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import t from 'tap';
import { startCountingProxy } from '../support/operations/counting-proxy.js';

t.test('a pipeline is one round trip, sequential commands are several', async (t) => {
  const echo = createServer((socket) => socket.pipe(socket));
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const proxy = await startCountingProxy((echo.address() as AddressInfo).port);
  const client = connect(proxy.port, '127.0.0.1');
  t.teardown(() => {
    client.destroy();
    proxy.close();
    echo.close();
  });
  const ask = async (...commands: string[]) => {
    let answer = '';
    for (const command of commands) client.write(command);
    while (answer.length < commands.join('').length) answer += (await once(client, 'data'))[0];
    return answer;
  };
  t.equal(await ask('one', 'two', 'three'), 'onetwothree');
  t.equal(proxy.roundTrips(), 1);
  await ask('four');
  await ask('five');
  t.equal(proxy.roundTrips(), 3);
  await proxy.quiet(1);
});
