import type { Random } from "../../../base/demo/store/random.mts";

/** A row of titles.csv, in the order of its columns. Numbers with a fraction are written with it: `2.0` seasons. */
export type Title = Readonly<{
  id: string;
  title: string;
  type: "MOVIE" | "SHOW";
  description: string | null;
  release_year: number;
  age_certification: string | null;
  runtime: number;
  genres: string;
  production_countries: string;
  seasons: string | null;
  imdb_id: string | null;
  imdb_score: string | null;
  imdb_votes: string | null;
  tmdb_popularity: string | null;
  tmdb_score: string | null;
}>;

const TITLES = 6_250;
const GENRES = ["drama", "comedy", "thriller", "action", "romance", "crime", "documentation", "scifi", "family", "war"];
const COUNTRIES = ["US", "IN", "GB", "JP", "KR", "ES", "FR", "CA", "MX", "NG", "BR", "DE"];
const CERTIFICATIONS = {
  MOVIE: ["G", "PG", "PG-13", "R", "NC-17"],
  SHOW: ["TV-Y", "TV-G", "TV-PG", "TV-14", "TV-MA"],
};
const HEROES = [
  "A retired detective",
  "Two sisters",
  "The last lighthouse keeper",
  "An accountant, 43,",
  "Señora Núñez",
];
const DEEDS = [
  "inherits a bakery",
  "must cross the border",
  "finds a letter",
  'hears the word "home" again',
  "disappears",
];
const ENDS = [
  ".",
  ", and nobody asks why.",
  ".\nBased on a true story.",
  " [subtitled].",
  '.\r\n\r\n"A triumph", said one critic.',
];
const NAMES = ["Harbour", "Night", "Ferry", "Orchard", "Winter", "Lantern", "Paper", "Salt", "Tram", "Island"];
const SHAPES = [
  "The NAME",
  "NAME, Again",
  '"NAME"',
  "NAME & NAME",
  "[NAME]",
  "No NAME, No NAME",
  "Ein NAME für Élodie",
];

export function makeTitles(random: Random): readonly Title[] {
  return Array.from({ length: TITLES }, (_, index) => {
    const type = random.chance(0.64) ? "MOVIE" : "SHOW";
    const isRated = random.chance(0.92);
    return {
      id: `${type === "MOVIE" ? "tm" : "ts"}${10_000 + index * 7}`,
      title: random.pick(SHAPES).replaceAll("NAME", () => random.pick(NAMES)),
      type,
      description: given(random, 0.99, () => `${random.pick(HEROES)} ${random.pick(DEEDS)}${random.pick(ENDS)}`),
      release_year: random.integer(1954, 2025),
      age_certification: given(random, 0.55, () => random.pick(CERTIFICATIONS[type])),
      runtime: random.integer(3, type === "MOVIE" ? 240 : 70),
      genres: bracketed(random, GENRES),
      production_countries: bracketed(random, COUNTRIES),
      seasons: type === "MOVIE" ? null : `${random.integer(1, 12)}.0`,
      imdb_id: given(random, 0.93, () => `tt${String(random.integer(1, 9_999_999)).padStart(7, "0")}`),
      imdb_score: isRated ? (random.integer(15, 96) / 10).toFixed(1) : null,
      imdb_votes: isRated ? `${random.integer(5, 1_400) ** 2}.0` : null,
      tmdb_popularity: given(random, 0.98, () => (random.integer(6, 2_000_000) / 1000).toFixed(3)),
      tmdb_score: given(random, 0.95, () => (random.integer(5, 100) / 10).toFixed(1)),
    };
  });
}

/** A value for this share of the rows. */
function given<T>(random: Random, share: number, make: () => T): T | null {
  return random.chance(share) ? make() : null;
}

/** `['drama', 'war']`: some of the words, each once, or none. */
function bracketed(random: Random, words: readonly string[]): string {
  const some = new Set(Array.from({ length: random.integer(0, 4) }, () => random.pick(words)));
  return `[${[...some].map((word) => `'${word}'`).join(", ")}]`;
}
