export function reasonOf(error: unknown): string {
  const { cause, code, message, errors } = error as Error & { code?: string; errors?: Error[] };
  if (cause) return reasonOf(cause);
  // Node connects to every address of a host name, and reports an error for each.
  if (errors?.[0]) return reasonOf(errors[0]);
  return code && !message.includes(code) ? `${code} ${message}` : message;
}
