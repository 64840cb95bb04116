import { randomBytes } from 'node:crypto';
import { openEndpoint } from '../endpoint.js';
import { replies } from '../schemas/reply-schemas.js';

/** docs/endpoints.md, "Miscellaneous". */
export const miscellaneousEndpoints = [
  openEndpoint({
    method: 'POST',
    path: '/v1/get_random_bytes',
    reply: replies.randomBytes,
    async handle() {
      return { data: randomBytes(32).toString('hex') };
    },
  }),
];
