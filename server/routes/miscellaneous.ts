import { randomBytes } from 'node:crypto';
import { endpoint } from '../endpoint.js';
import { replies } from '../schemas/reply-schemas.js';

/** api.md, "Miscellaneous". */
export const miscellaneousEndpoints = [
  endpoint({
    method: 'POST',
    path: '/v1/get_random_bytes',
    reply: replies.randomBytes,
    async handle() {
      return { data: randomBytes(32).toString('hex') };
    },
  }),
];
