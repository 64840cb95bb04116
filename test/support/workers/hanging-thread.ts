export default function hangOrEcho(task: unknown): unknown {
  while (task === 'hang');
  return task;
}
