import { seededRandom } from "../machine/fake-random.ts";
import type { CutRules } from "../servers/lossy-proxy.ts";

/** How much went over the wire in a run that nothing disturbed. */
export interface Traffic {
  /** How often the client spoke after the server had. */
  exchanges: number;
  /** Bytes that the client sent. */
  bytes: number;
}

const MOMENTS = ["before the server has it", "when the server has it", "when the server has answered it"] as const;

/**
 * Where a process is killed, as the wire between it and a server sees it. Exchanges reach every statement with the same chance,
 * however short it is; bytes reach into the rows.
 */
export interface KillPoint {
  readonly seed: number;
  readonly at: { readonly exchange: number } | { readonly byte: number };
  readonly moment: (typeof MOMENTS)[number];
}

/** The point of a seed: the same one for the same traffic, on every machine. */
export function killPoint(seed: number, { exchanges, bytes }: Traffic): KillPoint {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const moment = MOMENTS[below(MOMENTS.length)] ?? MOMENTS[0];
  const at = random() < 0.6 ? { exchange: 1 + below(exchanges) } : { byte: 1 + below(bytes) };
  return { seed, at, moment };
}

/** Counts what goes over the wire into `traffic` and cuts nothing. */
export function countTraffic(traffic: Traffic): CutRules {
  let isServersTurn = true;
  return {
    sent: (chunk) => {
      if (isServersTurn) traffic.exchanges += 1;
      isServersTurn = false;
      traffic.bytes += chunk.length;
      return false;
    },
    received: () => {
      isServersTurn = true;
      return false;
    },
  };
}

/** Calls `kill` at the point. What the dead one has not got rid of by then is lost with it. */
export function killAt({ at, moment }: KillPoint, kill: () => void): CutRules {
  const traffic: Traffic = { exchanges: 0, bytes: 0 };
  const counting = countTraffic(traffic);
  let state: "alive" | "waiting for the answer" | "killed" = "alive";
  const end = () => {
    state = "killed";
    kill();
  };
  return {
    sent: (chunk, sent) => {
      counting.sent(chunk, sent);
      if (state === "killed") return moment !== "when the server has it";
      const isReached = "byte" in at ? traffic.bytes >= at.byte : traffic.exchanges >= at.exchange;
      if (state !== "alive" || !isReached) return false;
      if (moment === "when the server has answered it") state = "waiting for the answer";
      else end();
      return moment === "before the server has it";
    },
    received: (chunk, sent) => {
      counting.received(chunk, sent);
      if (state === "waiting for the answer") end();
      return state === "killed";
    },
  };
}
