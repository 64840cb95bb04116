/** A refused command. The message has the reason and, if possible, what to do. */
export class CommandError extends Error {
  readonly code = 'COMMAND';
}
