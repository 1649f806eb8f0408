import { setImmediate as nextTurn } from "node:timers/promises";

/** How long a loop may keep signals and timers waiting. */
const TURN_MS = 50;

/**
 * Gives the event loop a turn now and then. A loop over names that have been read already gives it none by itself, however many they are,
 * and SIGTERM would wait for its end.
 */
export function takingTurns(): () => Promise<void> {
  let begun = performance.now();
  return async () => {
    if (performance.now() - begun < TURN_MS) return;
    await nextTurn();
    begun = performance.now();
  };
}
