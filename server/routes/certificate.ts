import { endpoint } from '../endpoint.js';
import { ApiError } from '../http/errors.js';
import { replies } from '../schemas/reply-schemas.js';
import { bodies } from '../schemas/schemas.js';

/** api.md, "Certificate Signing". */
export const certificateEndpoints = [
  endpoint({
    method: 'POST',
    path: '/v1/certificate/sign',
    token: 'sessionToken',
    body: bodies.certificateSign,
    reply: replies.certificate,
    refusals: ['unverifiedAccount'],
    async handle({ signer }, { body: { publicKey, duration }, credentials }) {
      if (!credentials.verified) throw new ApiError('unverifiedAccount');
      return { cert: await signer.sign(credentials, publicKey, duration) };
    },
  }),
];
