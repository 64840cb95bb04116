import t from 'tap';
import { MemoryTokenStore } from '../../storage/tokens/memory-token-store.js';
import { describeTokenStore } from './token-store-contract.js';

let nowMs = 1_385_251_200_000;
const now = () => nowMs;
const store = new MemoryTokenStore(now);
t.teardown(() => store.close());

describeTokenStore(t, {
  store,
  other: store,
  now,
  async elapse(ms) {
    nowMs += ms;
  },
});
