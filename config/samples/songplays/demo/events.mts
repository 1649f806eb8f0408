import type { Random } from "../../../base/demo/store/random.mts";
import { type Listener, makeListeners } from "./listeners.mts";
import type { Song } from "./songs.mts";

/** One line of a log. Whoever is logged out has no name, and `userId` is an empty text. */
type PlayerEvent = Readonly<Record<string, string | number | null>> & { readonly ts: number };

const DAY = 86_400_000;
const KNOWN_SONGS = 0.3;
const PAGES = ["Home", "Settings", "Help", "Add to Playlist", "Thumbs Up", "About", "Downgrade", "Error"];

/** What the listeners of a music player do, day by day: the days have to be asked for one after the other. */
export class EventLog {
  readonly #random: Random;
  readonly #songs: readonly Song[];
  #listeners: readonly Listener[] = [];
  #sessions = 100;

  constructor(random: Random, songs: readonly Song[]) {
    this.#random = random;
    this.#songs = songs;
  }

  /** The events of the day that begins at `midnight` (milliseconds since 1970), by their time. */
  eventsOf(midnight: number): readonly PlayerEvent[] {
    if (this.#listeners.length === 0) this.#listeners = makeListeners(this.#random, midnight);
    const sessions = Array.from({ length: this.#random.integer(16, 30) }, () => this.#session(midnight));
    return sessions.flat().sort((left, right) => left.ts - right.ts);
  }

  #session(midnight: number): PlayerEvent[] {
    const random = this.#random;
    const listener = random.chance(0.04) ? undefined : random.pick(this.#listeners);
    const sessionId = this.#sessions++;
    const events: PlayerEvent[] = [];
    let ts = midnight + random.integer(0, DAY - 1);
    const length = listener === undefined ? random.integer(1, 3) : random.integer(1, 24);
    for (let item = 0; item < length && ts < midnight + DAY; item += 1) {
      const page = listener === undefined ? random.pick(["Home", "Login"]) : this.#page(listener);
      const heard = page === "NextSong" ? this.#heard() : { artist: null, song: null, length: null };
      events.push({ ...heard, ...person(listener), itemInSession: item, page, sessionId, ts, ...answer(page) });
      if (page === "Upgrade" && listener !== undefined) listener.level = "paid";
      ts += heard.length === null ? random.integer(2_000, 60_000) : Math.round(heard.length * 1000);
    }
    return events;
  }

  #page(listener: Listener): string {
    if (this.#random.chance(0.84)) return "NextSong";
    if (listener.level === "free" && this.#random.chance(0.03)) return "Upgrade";
    return this.#random.pick(PAGES);
  }

  #heard(): { readonly artist: string; readonly song: string; readonly length: number } {
    const random = this.#random;
    const known = random.pick(this.#songs);
    if (random.chance(KNOWN_SONGS)) return { artist: known.artist_name, song: known.title, length: known.duration };
    return {
      artist: `Artist ${random.integer(1, 900)}`,
      song: `Track "${random.integer(1, 9)}", Side ${random.pick(["A", "B"])}\\${random.integer(1, 99)}`,
      length: random.integer(9_000_000, 42_000_000) / 100_000,
    };
  }
}

function person(listener: Listener | undefined): Readonly<Record<string, string | number | null>> {
  if (listener !== undefined) return { auth: "Logged In", ...listener };
  const unknown = { firstName: null, lastName: null, gender: null, location: null, userAgent: null };
  return { auth: "Logged Out", ...unknown, registration: null, level: "free", userId: "" };
}

function answer(page: string): { readonly method: string; readonly status: number } {
  if (page === "Error") return { method: "GET", status: 404 };
  if (["NextSong", "Login", "Upgrade", "Downgrade"].includes(page))
    return { method: "PUT", status: page === "Login" ? 307 : 200 };
  return { method: "GET", status: 200 };
}
