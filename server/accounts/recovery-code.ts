import { randomInt } from 'node:crypto';
import { RECOVERY_CODE_DIGITS } from '../schemas/schemas.js';

/** A new recovery code. Uniform over all codes: `randomInt` rejects what would bias it. */
export function makeRecoveryCode(): string {
  return randomInt(10 ** RECOVERY_CODE_DIGITS)
    .toString()
    .padStart(RECOVERY_CODE_DIGITS, '0');
}
