/** What can be stretched at once. */
export interface StretchCapacity {
  threads: number;
  /** Passwords that there is memory for. */
  slots: number;
  /** The most passwords that a thread takes together. */
  groupSize: number;
}

/** A batch under way: how many passwords, and in how many ms it should end. */
export interface RunningBatch {
  size: number;
  endsInMs: number;
}

/** Up to which wait full groups are worth more than busy cores, in ms. */
export const PATIENCE_MS = 1000;

/**
 * How many of those that wait the next free thread takes; 0 when none is free, or better none for now.
 *
 * As many as there are idle threads start alone, at once: a lone login never waits for company. Of more, a thread
 * takes a group, because four together cost little more of a core than two. Where memory is short for that while
 * others are under way, it leaves the slots until there are enough, as long as nobody waits long: what counts
 * then is the cost of each login. When waits grow, what counts is logins a second: all that can run runs, in the sizes
 * that do most.
 * @param load how many wait, how many batches run, and how many slots a batch can have
 * @param batchMs how long a batch of a size takes
 * @param patienceMs how long a newcomer may wait while slots are left
 */
export function chooseBatchSize(
  capacity: StretchCapacity,
  load: { waiting: number; running: number; free: number },
  batchMs: (size: number) => number,
  patienceMs: number,
): number {
  const { threads, slots } = capacity;
  const { waiting, running, free } = load;
  const idle = threads - running;
  if (idle <= 0 || waiting === 0 || free === 0) return 0;
  if (waiting <= idle && waiting <= free) return 1;
  const largest = Math.min(waiting, capacity.groupSize, slots);
  const groupsAtOnce = Math.min(threads, Math.floor(slots / largest));
  const waitMs = (waiting / (largest * groupsAtOnce)) * batchMs(largest);
  const isPatient = waitMs < patienceMs;
  if (isPatient && largest > free && running > 0) return 0;
  return Math.min(isPatient ? largest : chooseQuickestSize(capacity, largest, groupsAtOnce, batchMs), free);
}

/** Groups of the largest size and one of what is left, or slots shared alike by all threads: what does more in a ms. */
function chooseQuickestSize(
  { threads, slots }: StretchCapacity,
  largest: number,
  groups: number,
  batchMs: (size: number) => number,
): number {
  const eachMs = (size: number) => (size === 0 ? 0 : size / batchMs(size));
  const left = groups < threads ? slots - groups * largest : 0;
  const share = Math.min(largest, Math.max(1, Math.floor(slots / threads)));
  return threads * eachMs(share) > groups * eachMs(largest) + eachMs(left) ? share : largest;
}

/**
 * How long one with so many in front of it waits to start, in ms: what will happen, played through, if batches
 * take as long as they are believed to and so many follow that no slots are left. Nobody knows who follows; where
 * nobody does, a wait is longer by up to a batch.
 */
export function predictWaitMs(
  capacity: StretchCapacity,
  running: readonly RunningBatch[],
  ahead: number,
  batchMs: (size: number) => number,
): number {
  const batches = running.toSorted((a, b) => a.endsInMs - b.endsInMs);
  let free = capacity.slots - batches.reduce((sum, { size }) => sum + size, 0);
  let waiting = ahead + 1;
  let nowMs = 0;
  for (;;) {
    const size = chooseBatchSize(capacity, { waiting, running: batches.length, free }, batchMs, 0);
    if (size > 0) {
      waiting -= size;
      if (waiting === 0) return nowMs;
      free -= size;
      const endsInMs = nowMs + batchMs(size);
      batches.splice(1 + batches.findLastIndex((other) => other.endsInMs <= endsInMs), 0, { size, endsInMs });
    } else {
      // There is one: with nothing under way, something starts.
      const ended = batches.shift() as RunningBatch;
      nowMs = Math.max(nowMs, ended.endsInMs);
      free += ended.size;
    }
  }
}
