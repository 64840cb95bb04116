import type { Test } from 'tap';
import type { Reply } from '../../api/send.js';
import type { TestServer } from '../../api/start-server.js';

export interface PreparedRequest {
  /** Sends it, signed anew each time. */
  send(): Promise<Reply>;
  /** Checks, once it was done, that it was done whole. @param reply its last one, a success or `errnoIfDone` */
  check?(t: Test, reply: Reply): Promise<unknown>;
}

/** A request of one of the API's flows, at its place in the flow. */
export interface FlowRequest {
  /** The flow, and what is asked for in it when that is not plain from the endpoint. */
  flow: string;
  /** `METHOD path` */
  endpoint: string;
  /**
   * What a repetition is told when the request was done and the word of it was lost between PostgreSQL and the
   * server; nothing where it can be done again.
   */
  errnoIfDone?: number;
  /** Goes through the flow up to this request. */
  prepare(server: TestServer): Promise<PreparedRequest>;
}
