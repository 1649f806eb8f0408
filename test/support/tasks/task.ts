import { join } from "node:path";
import type { TaskUnit } from "#api/packing.ts";
import { CONTRACT_VERSION, type TaskConnection, type TaskSpec, type TaskWork } from "#api/task.ts";
import type { CommandContext, SpecOf } from "../../../task-image/commands/command.ts";
import { createLog } from "../../../task-image/log.ts";
import { createRedactor } from "../../../task-image/redaction.ts";
import { ItemStore } from "../../../task-image/report/item-store.ts";
import { progressLines } from "../../../task-image/report/progress-lines.ts";
import { shownText } from "../../../task-image/report/shown-text.ts";
import { temporaryDirectory } from "../machine/temporary-directory.ts";

interface TaskSettings<W extends TaskWork> {
  readonly work: W;
  readonly connections: Readonly<Record<string, TaskConnection>>;
  readonly uid?: string;
  readonly node?: string;
  readonly attempt?: number;
  readonly unit?: TaskUnit | undefined;
  readonly chosenPackages?: TaskSpec["chosenPackages"];
}

/** A task of the run `run-1` of the pipeline `films`. */
export function aTask<W extends TaskWork>({
  work,
  connections,
  uid = "4a1c1e5e-0000-4000-8000-000000000001",
  node = "raw",
  attempt = 1,
  unit,
  chosenPackages,
}: TaskSettings<W>): SpecOf<W["verb"]> {
  const run = { namespace: "demo", pipeline: "films", name: "run-1", uid };
  return {
    ...{ version: CONTRACT_VERSION, run, node, attempt, connections, work },
    ...(unit === undefined ? {} : { unit }),
    ...(chosenPackages === undefined ? {} : { chosenPackages }),
  } as unknown as SpecOf<W["verb"]>;
}

/** What a command was given that runs in the test's process, and what it has said. */
export interface TestContext extends CommandContext {
  /** Every line that it has printed. */
  readonly lines: readonly string[];
  readonly progress: ItemStore;
}

/** The context of a command that runs in the test's process. */
export function aContext(settings: Partial<Omit<CommandContext, "progress">> = {}): TestContext {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const redactor = createRedactor();
  const identity = { run: "run-1", node: "raw", attempt: 1 };
  const directory = temporaryDirectory("task");
  const now = () => performance.now();
  const sayProgress = progressLines({ write, now, identity });
  const shown = (text: string) => shownText(text, redactor);
  return {
    signal: new AbortController().signal,
    progress: new ItemStore({ now, shown, onChange: (items) => sayProgress(() => items.counts()) }),
    log: createLog({ write, now: Date.now, redactor, identity }),
    redactor,
    environment: {},
    monotonic: now,
    wallClock: Date.now,
    projectDirectory: directory,
    macroDirectory: directory,
    pageFile: join(directory, "docs-page.html"),
    workDirectory: directory,
    gitSecretDirectory: directory,
    packageSecretsDirectory: directory,
    onCommit: () => undefined,
    onPackages: () => undefined,
    ...settings,
    lines,
  };
}
