import { createHash } from 'node:crypto';

/** Choices that a seed repeats. */
export interface Random {
  integer(least: number, most: number): number;
  pick<Item>(items: readonly Item[]): Item;
}

export function createRandom(seed: string): Random {
  let drawn = 0;
  const fraction = () => createHash('sha256').update(`${seed}/${drawn++}`).digest().readUInt32BE() / 2 ** 32;
  const integer = (least: number, most: number) => least + Math.floor(fraction() * (most - least + 1));
  return {
    integer,
    pick(items) {
      if (items.length === 0) throw new RangeError('nothing to choose from');
      return items[integer(0, items.length - 1)] as (typeof items)[number];
    },
  };
}
