/** Never returns for the task `hang`, and replies with any other task. */
export default function hangOrEcho(task: unknown): unknown {
  while (task === 'hang');
  return task;
}
