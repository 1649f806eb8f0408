import type { Random } from "../../../base/demo/store/random.mts";
import { makeCredits } from "./credits.mts";
import { csvText } from "./csv.mts";
import { makeTitles } from "./titles.mts";

export const bucket = "netflix";

export function* objects(random: Random): Iterable<readonly [key: string, text: string]> {
  const titles = makeTitles(random);
  yield ["raw_files/titles.csv", csvText(titles)];
  yield ["raw_files/credits.csv", csvText(makeCredits(random, titles))];
}
