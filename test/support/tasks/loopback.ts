/** The network of tasks in tests: their servers are on this machine, where no task goes unless its installation says so. */
export const LOOPBACK = { allowed: ["127.0.0.0/8", "::1"] };
