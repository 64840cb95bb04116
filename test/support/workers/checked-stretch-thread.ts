import runTask from '../../../workers/thread/stretch-thread.js';

type Task = Parameters<typeof runTask>[0];
/** Fails when bytes of a password remain in the thread. */
/** A stretch thread that fails when bytes of a password remain in it. */
export default function runAndCheck(message: Task) {
  const result = runTask(message);
  if (message.task === 'stretch' && message.input.batch.some(({ password }) => password.some(Boolean))) {
    throw new Error('a password remains');
  }
  return result;
}
