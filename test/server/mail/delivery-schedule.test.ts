import t from 'tap';
import {
  isExpired,
  MAX_OUTAGE_PAUSE_MS,
  pauseOfMail,
  pauseOfOutage,
} from '../../../server/mail/delivery-schedule.js';

const FAILURES = Array.from({ length: 100 }, (_, i) => i);

t.test('pauses double from 5 s to their limit, with 20 % jitter, in whole milliseconds', async (t) => {
  for (const [pauses, mostMs] of [
    [FAILURES.map((failures) => pauseOfMail('verify', failures)), 3_600_000],
    [FAILURES.map((failures) => pauseOfMail('recovery', failures)), 60_000],
    [FAILURES.map(pauseOfOutage), MAX_OUTAGE_PAUSE_MS],
  ] as const) {
    t.ok(
      pauses.every((pause, i) => {
        const middle = Math.min(5000 * 2 ** i, mostMs);
        return Number.isInteger(pause) && pause >= 0.8 * middle && pause <= 1.2 * middle;
      }),
    );
    t.ok(new Set(pauses).size > 90, 'no two alike');
  }
});

t.test('a verification mail expires after a day, a recovery mail with its code', async (t) => {
  const mail = { id: '', uid: '', email: '', code: '', locale: 'en', createdAt: 1000 };
  for (const [kind, lifeMs] of [
    ['verify', 86_400_000],
    ['recovery', 900_000],
  ] as const) {
    t.equal(isExpired({ ...mail, kind }, 1000 + lifeMs - 1), false);
    t.equal(isExpired({ ...mail, kind }, 1000 + lifeMs), true);
  }
});
