import t from 'tap';
import { pairedRatio, spreadPercent } from '../../../bench/measure/statistics.js';

t.test('a spread is half the distance of the quartiles in per cent of the median', async (t) => {
  t.equal(spreadPercent([1, 2, 3, 4, 5]), 100 / 3);
});

t.test('a paired ratio excludes changes that slow a whole round', async (t) => {
  t.equal(pairedRatio([10, 20, 1000], [5, 10, 500]), 2);
});
