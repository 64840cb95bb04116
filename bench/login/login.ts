import { joinMeasured, type Suite } from '../suite.js';
import { measureRawLogins } from './raw-logins.js';
import { measureSrpLogins } from './srp-logins.js';

/** Whole logins over HTTP. */
export const login: Suite = {
  name: 'login',
  title: 'Logins',
  async run(context) {
    return joinMeasured([await measureRawLogins(context), await measureSrpLogins(context)]);
  },
};
