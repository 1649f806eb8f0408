import { configureForDbt } from "../dbt/bridge/postgres-session.ts";
import { openSession, type Session } from "../postgres/session.ts";
import type { CommandContext, SpecOf } from "./command.ts";

/** Nodes that run at once where the node of the run does not say. */
export const THREADS = 4;

/** Sessions of a run, opened all at once while its project is read. Disposing of it closes them, and gives up those that are not open yet. */
export interface DbtSessions extends AsyncDisposable {
  /** Some of the sessions that run nodes. Rejects with the failure of the first that cannot be opened. */
  forThreads(count: number): Promise<readonly Session[]>;
  /** The session that results are kept by, beside those that run nodes. */
  forResults(): Promise<Session>;
}

export function openSessions(spec: SpecOf<"transform">, context: CommandContext, threads: number): DbtSessions {
  const { connection } = spec.work.transform;
  const end = new AbortController();
  const { redactor } = context;
  const surroundings = { redactor, signal: AbortSignal.any([context.signal, end.signal]) };
  const ofThreads = Array.from({ length: threads }, () =>
    openSession(spec, connection, surroundings, { configure: configureForDbt }),
  );
  const ofResults = openSession(spec, connection, surroundings);
  const all = [...ofThreads, ofResults];
  const open: Session[] = [];
  // Whoever asks for one hears of its failure.
  for (const each of all) each.then((session) => open.push(session)).catch(() => undefined);
  return {
    forThreads: (count) => Promise.all(ofThreads.slice(0, count)),
    forResults: () => ofResults,
    [Symbol.asyncDispose]: async () => {
      await Promise.allSettled(open.map((session) => session[Symbol.asyncDispose]()));
      // One that opens from now on is cut.
      end.abort();
      await Promise.allSettled(all);
    },
  };
}
