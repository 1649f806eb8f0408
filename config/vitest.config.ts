import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { STATE } from "./cluster/directories.ts";

/** Files of a layer that run at once; vitest itself would leave a processor to whoever looks on. */
const maxWorkers = availableParallelism();

/** Threads of the task run from its sources: what one has compiled is there for the next one, as it is in the image. */
const env = { NODE_COMPILE_CACHE: `${STATE}/compiled` };

/** One project per layer of the test pyramid; `test/README.md` says what each of them needs on the machine. */
// biome-ignore lint/style/noDefaultExport: vitest loads its configuration from the default export
export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    projects: [
      {
        test: {
          name: "unit",
          env,
          include: ["test/{unit,property,contract,tidy,sim}/**/*.test.ts"],
          testTimeout: 30_000,
          maxWorkers,
        },
      },
      {
        test: {
          name: "integration",
          env,
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          maxWorkers,
        },
      },
      {
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          maxWorkers,
        },
      },
      {
        test: {
          name: "dbt",
          env,
          include: ["test/dbt/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
