import { Command } from "commander";
import { sketches, specOf } from "../../test/sim/all-pipelines.ts";
import { search } from "../../test/sim/exhaustive.ts";
import { simulateSchedule } from "../../test/sim/schedules.ts";
import { simulate } from "../../test/sim/simulate.ts";
import { tell } from "../../test/sim/tell.ts";

/** Plays many seeds and stops at the first that breaks a promise, or tells the story of one. */
async function main(options: {
  readonly seed: number;
  readonly seeds: number;
  readonly story: boolean;
  readonly schedules: boolean;
  readonly exhaustive: boolean;
}): Promise<number> {
  if (options.exhaustive) return searchAll();
  const begun = performance.now();
  for (let seed = options.seed; seed < options.seed + options.seeds; seed++) {
    const { violations, text } = await (options.schedules ? playSchedule(seed) : playRun(seed));
    if (options.story || violations > 0) process.stdout.write(`${text}\n`);
    if (violations > 0) return 1;
  }
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  process.stdout.write(`${options.seeds} seeds from ${options.seed} on, no promise broken, ${seconds} s\n`);
  return 0;
}

/** Every story of every pipeline of three nodes, on the decision core: half an hour. */
function searchAll(): number {
  const begun = performance.now();
  let states = 0;
  const all = [1, 2, 3].flatMap((count) => sketches(count, { marks: true }));
  for (const nodes of all) {
    const searched = search(specOf(nodes, 1), { cancel: true, evictions: 1 });
    states += searched.states;
    if (searched.violation === undefined) continue;
    process.stdout.write(`${JSON.stringify(nodes)}\n${searched.violation}\n`);
    return 1;
  }
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  process.stdout.write(`${all.length} pipelines, ${states} states, no promise broken, ${seconds} s\n`);
  return 0;
}

interface Played {
  readonly violations: number;
  readonly text: string;
}

async function playRun(seed: number): Promise<Played> {
  const story = await simulate(seed);
  return { violations: story.violations.length, text: tell(story) };
}

async function playSchedule(seed: number): Promise<Played> {
  const story = await simulateSchedule(seed);
  return { violations: story.violations.length, text: JSON.stringify(story, undefined, 2) };
}

const number = (text: string) => Number.parseInt(text, 10);
const command = new Command("sim")
  .description("plays random pipelines under random faults in virtual time")
  .option("--seed <number>", "the first seed", number, 1)
  .option("--seeds <number>", "how many seeds", number, 1)
  .option("--schedules", "play schedules, with their slots, instead of the nodes of one run", false)
  .option(
    "--exhaustive",
    "search every story of every pipeline of at most three nodes, on the decision core alone",
    false,
  )
  .option("--story", "tell what happened even when all is well", false)
  .parse();
process.exitCode = await main(command.opts());
