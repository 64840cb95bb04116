import type { Test } from 'tap';
import type { Reply } from '../../api/send.js';
import type { TestServer } from '../../api/start-server.js';

export interface PreparedRequest {
  send(): Promise<Reply>;
  /** Checks that the request took full effect. @param reply its last one, a success or `errnoIfDone` */
  check?(t: Test, reply: Reply): Promise<unknown>;
}

export interface FlowRequest {
  /** The flow, and the purpose of the request if the endpoint does not tell. */
  flow: string;
  endpoint: string;
  /**
   * The errno of a repetition when the request took effect and PostgreSQL's reply was lost; missing if it can be
   * repeated.
   */
  errnoIfDone?: number;
  /** Runs the flow up to this request. */
  prepare(server: TestServer): Promise<PreparedRequest>;
}
