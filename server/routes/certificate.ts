import { signedEndpoint } from '../endpoint.js';
import { ApiError } from '../http/errors.js';
import { replies } from '../schemas/reply-schemas.js';
import { bodies } from '../schemas/schemas.js';

/** docs/endpoints.md, "Certificate signing". */
export const certificateEndpoints = [
  signedEndpoint({
    method: 'POST',
    path: '/v1/certificate/sign',
    token: 'sessionToken',
    requiresPayloadHash: true,
    body: bodies.certificateSign,
    reply: replies.certificate,
    refusals: ['unverifiedAccount'],
    async handle({ signer }, { body: { publicKey, duration }, credentials, client, signal }) {
      if (!credentials.verified) throw new ApiError('unverifiedAccount');
      const cert = await signer.sign(credentials, publicKey, duration, {
        source: client.source,
        signal,
      });
      // Clients of 2013 require `err`.
      return { cert, err: null };
    },
  }),
];
