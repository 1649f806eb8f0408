import type { Random } from "../../../base/demo/store/random.mts";
import { EventLog } from "./events.mts";
import { makeSongs } from "./songs.mts";

export const bucket = "songplays";

const FIRST_DAY = Date.UTC(2026, 3, 1);
const DAYS = 30;
const DAY = 86_400_000;

/** One file for each song in folders of its track's letters, then one file of events for each day. */
export function* objects(random: Random): Iterable<readonly [key: string, text: string]> {
  const songs = makeSongs(random);
  for (const { track, ...song } of songs) {
    const folders = [...track.slice(2, 5)].join("/");
    yield [`song_data/${folders}/${track}.json`, JSON.stringify(song)];
  }
  const log = new EventLog(random, songs);
  for (let day = 0; day < DAYS; day += 1) {
    const midnight = FIRST_DAY + day * DAY;
    const date = new Date(midnight).toISOString().slice(0, 10);
    const [year, month] = date.split("-");
    const lines = log.eventsOf(midnight).map((event) => `${JSON.stringify(event)}\n`);
    yield [`log_data/${year}/${month}/${date}-events.json`, lines.join("")];
  }
}
