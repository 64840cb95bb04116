import t from 'tap';
import { MemoryTokenStore } from '../../../storage/tokens/memory-token-store.js';
import { createClock } from '../../support/storage/clock.js';
import { describeTokenStore } from './token-store-contract.js';

const clock = createClock({ real: false });
const store = new MemoryTokenStore(clock.now);
t.teardown(() => store.close());

describeTokenStore(t, { store, other: store, ...clock });
