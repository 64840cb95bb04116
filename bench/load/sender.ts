import { Agent, request as httpRequest } from 'node:http';

/** A complete request, computed before the measurement. */
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
  readonly #agent: Agent;
  readonly #host: string;
  readonly #port: string;
  readonly connections: number;

  /**
   * @param connections maximum number of connections; further requests wait
   * @param options.keepAlive `false` opens a new connection for each request
   */
  constructor(url: string, connections: number, { keepAlive = true } = {}) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = port;
    this.connections = connections;
    this.#agent = new Agent({ keepAlive, maxSockets: connections, scheduling: 'fifo' });
  }

  /**
   * Sends a request and reads the reply, of any status.
   * @throws Error when the connection breaks
   */
  send({ method, path, headers, body }: PreparedRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const started = performance.now();
      const options = { agent: this.#agent, host: this.#host, port: this.#port, method, path, headers };
      const request = httpRequest(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({
            status: response.statusCode as number,
            body: Buffer.concat(chunks).toString(),
            ms: performance.now() - started,
          });
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  /** Like {@link send}. @throws Error with the reply when its status is not 200 */
  async sendOk(request: PreparedRequest): Promise<Answer> {
    const answer = await this.send(request);
    if (answer.status !== 200) {
      throw new Error(`${request.method} ${request.path}: ${answer.status} ${answer.body}`);
    }
    return answer;
  }

  /**
   * Sends requests over all connections, until all are answered.
   * @param observe called after each reply with the number of replies so far
   * @returns replies in order of the requests
   * @throws Error when a status is not 200
   */
  async sendAll(requests: PreparedRequest[], observe?: (done: number) => void): Promise<Answer[]> {
    const answers: Answer[] = [];
    let next = 0;
    let done = 0;
    async function runClient(sender: Sender): Promise<void> {
      for (let i = next++; i < requests.length; i = next++) {
        answers[i] = await sender.sendOk(requests[i] as PreparedRequest);
        observe?.(++done);
      }
    }
    await Promise.all(Array.from({ length: this.connections }, () => runClient(this)));
    return answers;
  }

  /** Closes all connections, also those with requests under way. */
  close(): void {
    this.#agent.destroy();
  }
}
