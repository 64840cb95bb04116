import t from 'tap';
import { pairedRatio, percentileCurve, summarize, welchTest } from '../../../bench/measure/statistics.js';
import { PERCENTILES } from '../../../bench/results.js';

t.test('a summary is the median and half the distance of the quartiles', async (t) => {
  t.same(summarize([1, 2, 3, 4, 5]), { median: 3, spread: 1 / 3 });
});

t.test('a paired ratio leaves out what slows a whole round down', async (t) => {
  t.equal(pairedRatio([10, 20, 1000], [5, 10, 500]), 2);
});

t.test('a percentile curve runs from the least to the largest sample', async (t) => {
  const samples = Array.from({ length: 1001 }, (_, i) => 1000 - i);
  const curve = percentileCurve(samples);
  t.equal(curve.length, PERCENTILES.length);
  t.same([curve[0], curve[PERCENTILES.indexOf(50)], curve.at(-1)], [0, 500, 1000]);
});

t.test("Welch's t, degrees of freedom and interval are those of a calculation by hand", async (t) => {
  // Means 5.25 and 2; variances of the means (83/12)/4 and 1/3, 33/16 together.
  const { t: statistic, degreesOfFreedom, difference, confidence95 } = welchTest([3, 4, 5, 9], [1, 2, 3]);
  t.equal(difference, 3.25);
  t.equal(statistic.toFixed(4), (3.25 / Math.sqrt(33 / 16)).toFixed(4));
  t.equal(degreesOfFreedom.toFixed(4), ((33 / 16) ** 2 / ((83 / 48) ** 2 / 3 + (1 / 3) ** 2 / 2)).toFixed(4));
  t.equal(confidence95.toFixed(4), (1.96 * Math.sqrt(33 / 16)).toFixed(4));
});

t.test("Welch's t of one sample with itself is nothing", async (t) => {
  t.equal(welchTest([1, 2, 3], [1, 2, 3]).t, 0);
});
