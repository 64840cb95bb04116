import { userInfo } from 'node:os';
import type { Environment } from '../../config/environment.js';

/** Returns the system user of a command; with sudo, also the user who called it. */
export function readActor({ SUDO_USER }: Environment): string {
  const user = readUser();
  return SUDO_USER ? `${SUDO_USER} as ${user}` : user;
}

function readUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under an ID without a name.
    return `uid ${process.getuid?.()}`;
  }
}
