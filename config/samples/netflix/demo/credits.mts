import type { Random } from "../../../base/demo/store/random.mts";
import type { Title } from "./titles.mts";

/** A row of credits.csv, in the order of its columns. */
type Credit = Readonly<{
  person_id: number;
  id: string;
  name: string;
  character: string | null;
  role: "ACTOR" | "DIRECTOR";
}>;

const CREDITS = 81_357;
const PEOPLE = 54_000;
const CHARACTERS = [
  "Self",
  'Thomas "Tommy" Reed',
  "Nurse, Night Shift",
  "Guard #2 [uncredited]",
  "Mother\nGrandmother",
];

/** Credits of titles, some of which have many and some none; nobody has two in the same title. */
export function makeCredits(random: Random, titles: readonly Title[]): readonly Credit[] {
  const casts = new Map<string, Set<number>>(titles.map(({ id }) => [id, new Set()]));
  const ids = [...casts.keys()];
  for (let count = 0; count < CREDITS; ) {
    const cast = casts.get(ids[Math.floor(random.next() ** 2 * ids.length)] ?? "");
    const person = random.integer(1, PEOPLE);
    if (cast === undefined || cast.has(person)) continue;
    cast.add(person);
    count += 1;
  }
  const names = Array.from({ length: PEOPLE + 1 }, () => `${random.firstName()} ${random.lastName()}`);
  return [...casts].flatMap(([id, cast]) =>
    [...cast].map((person) => ({ person_id: person, id, name: names[person] ?? "", ...partIn(random) })),
  );
}

function partIn(random: Random): Pick<Credit, "character" | "role"> {
  const role = random.chance(0.06) ? "DIRECTOR" : "ACTOR";
  const isNamed = role === "ACTOR" && random.chance(0.93);
  return { character: isNamed ? random.pick(CHARACTERS) : null, role };
}
