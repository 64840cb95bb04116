import { joinMeasured, type Subject } from '../subject.js';
import { countOperations } from './count-operations.js';
import { measureSeveralServers } from './several-servers.js';
import { startStores } from './stores.js';

/** Several servers over one PostgreSQL and one Redis. */
export const cluster: Subject = {
  name: 'cluster',
  title: 'Over PostgreSQL and Redis',
  async run(context) {
    const stores = await startStores();
    try {
      return joinMeasured([
        await countOperations(context, stores),
        await measureSeveralServers(context, stores),
      ]);
    } finally {
      await stores.close();
    }
  },
};
