import t from 'tap';
import { endpoints } from '../../../server/routes.js';
import { fuzzEndpoints } from '../../support/fuzz/fuzz-endpoints.js';

t.setTimeout(0);

t.test('any change to a valid unsigned request gets a documented reply', async (t) => {
  await fuzzEndpoints(
    t,
    endpoints.filter(({ token }) => !token),
  );
});
