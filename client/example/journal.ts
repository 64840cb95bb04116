import { type ApiErrorReason, isApiError } from '../errors.js';

/** Prints a flow's name. */
export function printFlow(name: string): void {
  console.log(`\n${name}`);
}

/**
 * Does one step of a flow and prints it with the time it took.
 * @throws whatever the step throws, after printing it
 */
export async function step<T>(what: string, action: () => Promise<T>): Promise<T> {
  const start = performance.now();
  try {
    const result = await action();
    console.log(`  ok      ${what} (${Math.round(performance.now() - start)} ms)`);
    return result;
  } catch (error) {
    console.log(`  FAILED  ${what}`);
    throw error;
  }
}

/** A step that the server has to refuse. @throws Error when it does not, or for another reason */
export async function refusedStep(
  what: string,
  reason: ApiErrorReason,
  action: () => Promise<unknown>,
): Promise<void> {
  await step(`${what}: refused, ${reason}`, async () => {
    let answer: unknown;
    try {
      answer = await action();
    } catch (error) {
      if (isApiError(error, reason)) return;
      throw error;
    }
    throw new Error(`the server accepted it: ${JSON.stringify(answer)}`);
  });
}

/** @throws Error with the message when the condition does not hold */
export function check(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}
