/** Why something failed, in the words of who failed: codes where there are some. */
export function reasonOf(error: unknown): string {
  const { cause, code, message, errors } = error as Error & { code?: string; errors?: Error[] };
  if (cause) return reasonOf(cause);
  // Node tries several addresses of one name, and tells of each.
  if (errors?.[0]) return reasonOf(errors[0]);
  return code && !message.includes(code) ? `${code} ${message}` : message;
}
