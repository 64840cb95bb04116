import type { Test } from 'tap';
import type { Reply } from '../../api/send.js';
import type { TestServer } from '../../api/start-server.js';

export interface PreparedRequest {
  send(): Promise<Reply>;
  /** Checks that the request took full effect. @param reply a success or `errnoIfDone` */
  check?(t: Test, reply: Reply): Promise<unknown>;
}

export interface FlowRequest {
  /** Names the flow, and the purpose of the request if the endpoint does not tell. */
  flow: string;
  endpoint: string;
  /** Reply to a repetition when only PostgreSQL's reply was lost; missing if it can be repeated. */
  errnoIfDone?: number;
  /** Runs the flow up to this request. */
  prepare(server: TestServer): Promise<PreparedRequest>;
}
