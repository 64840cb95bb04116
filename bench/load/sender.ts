import { Agent, request as httpRequest } from 'node:http';

export interface PreparedRequest {
  method: 'GET' | 'POST';
  path: string;
  headers: Record<string, string>;
  body?: Buffer;
}

export interface Answer {
  status: number;
  body: string;
  /** Time from the first byte written to the last byte read, in ms. */
  ms: number;
}

/** A client with its own persistent connections to one server. */
export class Sender {
  readonly #target: { agent: Agent; host: string; port: string };
  readonly connections: number;

  /** @param connections maximum; further requests wait. Without `keepAlive` each request opens a new one. */
  constructor(url: string, connections: number, { keepAlive = true } = {}) {
    const { hostname, port } = new URL(url);
    const agent = new Agent({ keepAlive, maxSockets: connections, scheduling: 'fifo' });
    this.#target = { agent, host: hostname, port };
    this.connections = connections;
  }

  /** Resolves with a reply of any status. @throws Error when the connection breaks */
  send({ method, path, headers, body }: PreparedRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const started = performance.now();
      const request = httpRequest({ ...this.#target, method, path, headers }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode as number, body, ms: performance.now() - started });
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  /** @throws Error with the reply when its status is not 200 */
  async sendOk(request: PreparedRequest): Promise<Answer> {
    const answer = await this.send(request);
    if (answer.status !== 200) {
      throw new Error(`${request.method} ${request.path}: ${answer.status} ${answer.body}`);
    }
    return answer;
  }

  /**
   * Sends requests over all connections and returns the replies in the same order.
   * @param observe called after each reply with the number of replies so far
   * @throws Error when a status is not 200
   */
  async sendAll(requests: PreparedRequest[], observe?: (done: number) => void): Promise<Answer[]> {
    const answers: Answer[] = [];
    let next = 0;
    let done = 0;
    const runClient = async () => {
      for (let i = next++; i < requests.length; i = next++) {
        answers[i] = await this.sendOk(requests[i] as PreparedRequest);
        observe?.(++done);
      }
    };
    await Promise.all(Array.from({ length: this.connections }, runClient));
    return answers;
  }

  /** Closes all connections, also those with requests under way. */
  close(): void {
    this.#target.agent.destroy();
  }
}
