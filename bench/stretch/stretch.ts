import { joinMeasured, type Suite } from '../suite.js';
import { measureEnginesByThreads } from './engines-by-threads.js';
import { measurePbkdf2OnOneCore } from './pbkdf2-on-one-core.js';
import { measureScryptOnOneCore } from './scrypt-on-one-core.js';

/** How fast passwords are stretched, by this server and by others. */
export const stretch: Suite = {
  name: 'stretch',
  title: 'Stretching',
  async run(context) {
    return joinMeasured([
      await measureScryptOnOneCore(context),
      await measurePbkdf2OnOneCore(context),
      await measureEnginesByThreads(context),
    ]);
  },
};
