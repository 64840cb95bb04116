import { joinMeasured, type Suite } from '../suite.js';
import { measureBursts } from './bursts.js';
import { measureEndings } from './endings.js';
import { measureFairness } from './fairness.js';
import { measureHangUps } from './hang-ups.js';

/** What happens when more is asked for than can be done. */
export const overload: Suite = {
  name: 'overload',
  title: 'Overload',
  async run(context) {
    return joinMeasured([
      await measureBursts(context),
      await measureFairness(context),
      await measureHangUps(context),
      await measureEndings(context),
    ]);
  },
};
