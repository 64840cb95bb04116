import { randomInt } from 'node:crypto';
import { RECOVERY_CODE_DIGITS } from '../schemas/schemas.js';

/** `randomInt` is uniform over all codes. */
export function makeRecoveryCode(): string {
  return randomInt(10 ** RECOVERY_CODE_DIGITS)
    .toString()
    .padStart(RECOVERY_CODE_DIGITS, '0');
}
