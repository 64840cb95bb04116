import type { Suite } from '../suite.js';
import { measureBursts } from './bursts.js';
import { measureFairness } from './fairness.js';
import { measureHostileClients } from './hostile-clients.js';

export const overload: Suite = {
  name: 'overload',
  title: 'Overload',
  async run(context) {
    const parts = [
      await measureBursts(context),
      await measureFairness(context),
      await measureHostileClients(context),
    ];
    return {
      sections: parts.flatMap(({ sections }) => sections),
      checks: parts.flatMap(({ checks }) => checks),
    };
  },
};
