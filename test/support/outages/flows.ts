import { send } from '../api/send.js';
import { CHANGED_PASSWORD } from './flows/changed-password.js';
import { DEVICES } from './flows/devices.js';
import type { FlowRequest } from './flows/flow-request.js';
import { FORGOTTEN_PASSWORD } from './flows/forgotten-password.js';
import { NEW_ACCOUNT } from './flows/new-account.js';
import { RAW } from './flows/raw-password.js';

const ANYTIME: FlowRequest[] = [
  '/v1/openapi.json',
  '/.well-known/browserid',
  '/',
  '/__version__',
  '/__lbheartbeat__',
].map((path) => ({
  flow: 'any time',
  endpoint: `GET ${path}`,
  prepare: async (server) => ({ send: () => send(server, path, { method: 'GET' }) }),
}));

export const FLOW_REQUESTS: FlowRequest[] = [
  ...NEW_ACCOUNT,
  ...DEVICES,
  ...RAW,
  ...CHANGED_PASSWORD,
  ...FORGOTTEN_PASSWORD,
  ...ANYTIME,
];
