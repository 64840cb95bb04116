/** A command cannot do what it was asked; the message says why and, where there is something, what to do. */
export class CommandError extends Error {
  readonly code = 'COMMAND';
}
