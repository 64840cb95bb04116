import async_hooks from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Import before tap. tap follows every promise and callback to know which test an uncaught error belongs to, which
 * costs a fifth of the CPU time of a run. run-files.ts reports uncaught errors instead.
 */
async_hooks.createHook = () => {
  const hook: async_hooks.AsyncHook = { enable: () => hook, disable: () => hook };
  return hook;
};
syncBuiltinESMExports();
