import { endpoints } from './endpoints/endpoints.js';
import { latency } from './latency/latency.js';
import { login } from './login/login.js';
import { overload } from './overload/overload.js';
import { scale } from './scale/scale.js';
import { sign } from './sign/sign.js';
import { startup } from './startup/startup.js';
import { stretch } from './stretch/stretch.js';
import type { Suite } from './suite.js';

/** All suites, in order of the report. */
export const SUITES: Suite[] = [stretch, sign, login, endpoints, latency, overload, startup, scale];
