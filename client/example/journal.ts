import { type ApiErrorReason, isApiError } from '../errors.js';

export function printFlow(name: string): void {
  console.log(`\n${name}`);
}

/** @throws the error of the step, after printing it */
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

/** Runs a step that the server must refuse. @throws Error when it succeeds, or fails for another reason */
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

export function check(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}
