import { Counter, Histogram, type Registry } from 'prom-client';

export interface FinishedRequest {
  method: string;
  /** The path as declared; `none` for what has no route. */
  route: string;
  status: number;
  /** 0 for a request without an error. */
  errno: number;
  ms: number;
  /** The duration of an event stream is not a latency. */
  streamed: boolean;
}

/** Methods with their own series. Clients can send any other. */
const METHODS = ['GET', 'POST', 'HEAD', 'OPTIONS'];
/** From requests without a store to those that wait for a stretch, in seconds. */
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createRequestMetrics(registry: Registry): (request: FinishedRequest) => void {
  const registers = [registry];
  const requests = new Counter({
    name: 'keyserver_http_requests_total',
    help: 'Finished requests by declared route, method, status and errno (0: no error)',
    labelNames: ['route', 'method', 'status', 'errno'],
    registers,
  });
  const durations = new Histogram({
    name: 'keyserver_http_request_duration_seconds',
    help: 'Time from the start of a request to the end of its reply, without event streams',
    labelNames: ['route', 'method', 'status'],
    buckets: LATENCY_BUCKETS,
    registers,
  });
  return ({ method: given, route, status, errno, ms, streamed }) => {
    const method = METHODS.includes(given) ? given : 'other';
    requests.inc({ route, method, status, errno });
    if (!streamed) durations.observe({ route, method, status }, ms / 1000);
  };
}
