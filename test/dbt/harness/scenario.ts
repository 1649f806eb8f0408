import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { COMMANDS, type Command, type Options } from "./engine.ts";

/** Where the projects lie that were written for the comparison. */
const PROJECTS = new URL("../projects", import.meta.url).pathname;

/**
 * A project and what is done with it. Its folder has `project/`, which an engine gets a copy of, `scenario.yaml`, which may be missing,
 * `before.sql`, which runs before the first step, and `between.sql` and `changes/`, which come before the steps `afterChanges`: SQL for
 * rows of sources, files that take the place of the project's.
 */
export interface Scenario {
  readonly name: string;
  readonly folder: string;
  readonly steps: readonly Step[];
  readonly target: string;
  readonly threads: number;
  /** Columns whose values differ at each run, as SQL writes their names. */
  readonly volatile: ReadonlySet<string>;
}

export interface Step {
  readonly command: Command;
  readonly options: Options;
  readonly afterChanges: boolean;
  /** Nodes that end otherwise than well, by their status; written for those who read the project, and held against real dbt. */
  readonly ends: Readonly<Record<string, readonly string[]>>;
}

const StepFile = z.strictObject({
  command: z.enum(COMMANDS).default("build"),
  fullRefresh: z.boolean().optional(),
  failFast: z.boolean().optional(),
  storeFailures: z.boolean().optional(),
  vars: z.record(z.string(), z.unknown()).optional(),
  select: z.array(z.string()).optional(),
  exclude: z.array(z.string()).optional(),
  selector: z.string().optional(),
  state: z.string().optional(),
  afterChanges: z.boolean().default(false),
  ends: z.record(z.string(), z.array(z.string())).default({}),
});

const ScenarioFile = z.strictObject({
  /** What the project is for. */
  about: z.string(),
  target: z.string().default("dev"),
  threads: z.int().default(1),
  volatile: z.array(z.string()).default([]),
  steps: z.array(StepFile).optional(),
});

/** What is done with a project unless it says otherwise: build, build with changed rows, and build anew. */
const THREE_LIVES = [{}, { vars: { step: 2 }, afterChanges: true }, { vars: { step: 2 }, fullRefresh: true }];

/** The scenarios that were written by hand, in the order of their names. */
export function writtenScenarios(): readonly Scenario[] {
  return readdirSync(PROJECTS)
    .sort()
    .map((name) => readScenario(name, join(PROJECTS, name)));
}

export function readScenario(name: string, folder: string): Scenario {
  const file = join(folder, "scenario.yaml");
  const described = existsSync(file) ? parse(readFileSync(file, "utf8")) : { about: name };
  const { target, threads, volatile, steps } = ScenarioFile.parse(described);
  return {
    name,
    folder,
    target,
    threads,
    volatile: new Set(volatile),
    steps: (steps ?? THREE_LIVES).map((step) => {
      const { command, afterChanges, ends, ...options } = StepFile.parse(step);
      return { command, afterChanges, ends, options };
    }),
  };
}
