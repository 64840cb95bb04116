import runTask from '../../../workers/thread/stretch-thread.js';
import { HANGING_EMAIL } from './stretch-request.js';

type Task = Parameters<typeof runTask>[0];

export default function runOrHang(message: Task) {
  if (message.task === 'stretch') {
    const emails = message.input.batch.map(({ email }) => Buffer.from(email).toString());
    // Waits without using the core that other tests need.
    if (emails.includes(HANGING_EMAIL)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }
  return runTask(message);
}
