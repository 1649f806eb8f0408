import { Command } from "commander";
import { simulate } from "../../test/sim/simulate.ts";
import { tell } from "../../test/sim/tell.ts";

/** Plays many seeds and stops at the first that breaks a promise, or tells the story of one. */
async function main(options: {
  readonly seed: number;
  readonly seeds: number;
  readonly story: boolean;
}): Promise<number> {
  const begun = performance.now();
  for (let seed = options.seed; seed < options.seed + options.seeds; seed++) {
    const story = await simulate(seed);
    if (options.story || story.violations.length > 0) process.stdout.write(`${tell(story)}\n`);
    if (story.violations.length > 0) return 1;
  }
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  process.stdout.write(`${options.seeds} seeds from ${options.seed} on, no promise broken, ${seconds} s\n`);
  return 0;
}

const number = (text: string) => Number.parseInt(text, 10);
const command = new Command("sim")
  .description("plays random pipelines under random faults in virtual time")
  .option("--seed <number>", "the first seed", number, 1)
  .option("--seeds <number>", "how many seeds", number, 1)
  .option("--story", "tell what happened even when all is well", false)
  .parse();
process.exitCode = await main(command.opts());
