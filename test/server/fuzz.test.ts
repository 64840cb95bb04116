import t from 'tap';
import { endpoints } from '../../server/routes.js';
import { runCampaign } from '../support/fuzz/campaign.js';
import { startFuzzedServer } from '../support/fuzz/fuzzed-server.js';
import { arbitraryRequest, type FuzzedRequest } from '../support/fuzz/requests.js';
import { checkReply, FuzzClient } from '../support/fuzz/send-fuzzed.js';

/** A sample: robustness/fuzz tries thousands. */
const CASES = 300;

t.test('changed requests get replies that the API describes', async (t) => {
  const server = await startFuzzedServer(t);
  const client = new FuzzClient(server);
  t.teardown(() => client.close());
  const tokenOf = ({ path }: FuzzedRequest) => endpoints.find((endpoint) => endpoint.path === path)?.token;
  let replies = 0;
  await runCampaign(CASES, arbitraryRequest(endpoints), async (request) => {
    checkReply(await client.send(request, tokenOf(request)));
    replies++;
  });
  t.ok(replies >= CASES);
  t.same(server.errors, []);
});
