/** What work costs, where a test is about its growth: the time on the clock also counts what other programs do. */

/** Gives the processor time of this process from now on, in milliseconds. */
export function cpuClock(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
}
