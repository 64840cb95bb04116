import type { Answer, PreparedRequest } from './sender.js';

/**
 * Sends requests with limited concurrency.
 * @returns replies in order of the requests
 * @throws Error when a status is not 200
 */
export async function sendAll(
  sender: { sendOk(request: PreparedRequest): Promise<Answer> },
  clients: number,
  requests: PreparedRequest[],
): Promise<Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  async function runClient(): Promise<void> {
    for (let i = next++; i < requests.length; i = next++) {
      answers[i] = await sender.sendOk(requests[i] as PreparedRequest);
    }
  }
  await Promise.all(Array.from({ length: clients }, runClient));
  return answers;
}
