import t from 'tap';
import { endpoints } from '../../../server/routes.js';
import { fuzzEndpoints } from '../../support/fuzz/fuzz-endpoints.js';

t.setTimeout(0);

t.test('whatever is done to a valid request that anyone may send, it is answered in order', async (t) => {
  await fuzzEndpoints(
    t,
    endpoints.filter(({ token }) => !token),
  );
});
