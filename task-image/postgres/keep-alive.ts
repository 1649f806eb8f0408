import type { Session } from "./session.ts";

/** Well below any limit that a session has for standing idle in its transaction. */
const INTERVAL_MS = 60_000;

/**
 * Lets a session ask its server for nothing now and then while it waits for work done elsewhere: the limit for idle transactions is for
 * the sessions of dead pods, and a slow source is not a dead pod.
 */
export async function keepAlive<T>(session: Session, work: () => Promise<T>, intervalMs = INTERVAL_MS): Promise<T> {
  let asks = false;
  const timer = setInterval(() => {
    // While a COPY is under way the question waits for its end; one that waits is enough.
    if (asks) return;
    asks = true;
    // A session that is lost says so to whoever uses it next.
    const done = () => {
      asks = false;
    };
    session.query("").then(done, done);
  }, intervalMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
