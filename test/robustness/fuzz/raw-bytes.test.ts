import t from 'tap';
import { splitReplies } from '../../support/api/http-replies.js';
import { RawConnection } from '../../support/api/raw-connection.js';
import { countCases, runCampaign } from '../../support/fuzz/campaign.js';
import { startFuzzedServer } from '../../support/fuzz/fuzzed-server.js';
import { arbitraryRawCase, type RawCase, writeRawCase } from '../../support/fuzz/raw-requests.js';
import { checkFiveFields, FuzzClient } from '../../support/fuzz/send-fuzzed.js';

t.setTimeout(0);

t.test('any bytes get documented replies or a closed connection, and the server continues', async (t) => {
  const server = await startFuzzedServer(t);
  const client = new FuzzClient(server);
  t.teardown(() => client.close());
  const statuses = new Set<number>();

  const holds = async (tried: RawCase) => {
    const connection = await RawConnection.open(server.url);
    connection.write(writeRawCase(tried));
    // Its reply shows that the server has read the earlier bytes.
    const { status } = await client.exchange('GET', '/__heartbeat__');
    if (status !== 200) throw new Error(`the heartbeat is ${status}`);
    connection.endWriting();
    await connection.closed();
    for (const reply of splitReplies(connection.received)) {
      statuses.add(reply.status);
      if (reply.status >= 500) throw new Error(`status ${reply.status}: ${reply.body}`);
      if (reply.status >= 400 && reply.body)
        checkFiveFields(reply.headers['content-type'], reply.status, reply.body);
    }
  };

  await runCampaign(countCases(1 / 3), arbitraryRawCase, holds);
  t.same(server.errors, [], 'no line is logged as an error');
  for (const status of [200, 400, 401, 404, 405, 411])
    t.ok(statuses.has(status), `some replies have ${status}`);
});
