/** Returns the CPU time of this process so far: all threads, user and system, in ms. */
export function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
