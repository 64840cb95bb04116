import { send } from '../../api/send.js';
import type { FlowRequest } from './flow-request.js';
import { enter, readStatus, signed } from './steps.js';

export const DEVICES: FlowRequest[] = [
  {
    flow: 'devices',
    endpoint: 'GET /v1/account/devices',
    async prepare(server) {
      const { sessionToken } = await enter(server);
      const call = { method: 'GET', ...signed('sessionToken', sessionToken) } as const;
      return {
        send: () => send(server, '/v1/account/devices', call),
        check: async (t, { body }) => t.equal(body.devices.length, 1),
      };
    },
  },
  {
    flow: 'devices',
    endpoint: 'POST /v1/session/destroy',
    errnoIfDone: 110,
    async prepare(server) {
      const { sessionToken } = await enter(server);
      return {
        send: () => send(server, '/v1/session/destroy', signed('sessionToken', sessionToken)),
        check: async (t) => t.equal((await readStatus(server, sessionToken)).body.errno, 110),
      };
    },
  },
];
