import type { Random } from "../../../base/demo/store/random.mts";

export interface Song {
  readonly num_songs: 1;
  readonly artist_id: string;
  readonly artist_latitude: number | null;
  readonly artist_longitude: number | null;
  readonly artist_location: string;
  readonly artist_name: string;
  readonly song_id: string;
  readonly title: string;
  /** Seconds. */
  readonly duration: number;
  /** 0 where nobody knows it. */
  readonly year: number;
}

const SONGS = 70;
const ARTISTS = 58;
const BEFORE = ["The Late", "Quiet", "Señor", "Paper", "Northern", "DJ", "Old", "Électrique", "Seven", "Blue"];
const BEHIND = ["Trams", "Lanterns", "Harbour", "Håkon", "Weather & Sons", "Orchard", "Umbrellas", "Mañana"];
const PLACES = ["Lisbon, Portugal", "Tromsø, Norway", "Winnipeg, MB", "", "San José, Costa Rica", 'The "Old" Harbour'];
const FIRST = ["Waiting for", "Back to", "Don't Forget", "Under", "Nobody's", "One More", "A Song of"];
const SECOND = ["the Night Tram", "Rain", "the North Wind", "July", "Three O'Clock", "the Ferry", "Home"];
const ENDS = ["", "", "", " (Live)", " [Remastered]", ' "Demo"', " / Reprise", " (Album Version)"];

/** Songs, some of them by the same artist. `track` is the name of the song's file. */
export function makeSongs(random: Random): readonly (Song & { readonly track: string })[] {
  const artists = Array.from({ length: ARTISTS }, (_, index) => {
    const isPlaced = random.chance(0.45);
    return {
      artist_id: `AR${random.code(16)}`,
      artist_latitude: isPlaced ? coordinate(random, 90) : null,
      artist_longitude: isPlaced ? coordinate(random, 180) : null,
      artist_location: random.pick(PLACES),
      artist_name: `${BEFORE[index % BEFORE.length]} ${BEHIND[Math.floor(index / BEFORE.length) % BEHIND.length]}`,
    };
  });
  return Array.from({ length: SONGS }, (_, index) => {
    const artist = artists[index] ?? random.pick(artists);
    const title = `${random.pick(FIRST)} ${random.pick(SECOND)}${random.pick(ENDS)}`;
    const duration = random.integer(9_000_000, 42_000_000) / 100_000;
    const year = random.chance(0.5) ? random.integer(1961, 2024) : 0;
    const track = `TR${random.pick(["A", "B"])}${random.code(15)}`;
    return { num_songs: 1, ...artist, song_id: `SO${random.code(16)}`, title, duration, year, track };
  });
}

function coordinate(random: Random, limit: number): number {
  return random.integer(-limit * 100_000, limit * 100_000) / 100_000;
}
