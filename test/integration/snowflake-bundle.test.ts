import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundle } from "../../config/images/bundle.ts";
import { startSnowflake } from "../support/snowflake/snowflake.ts";
import { aTask } from "../support/task.ts";
import { runTask } from "../support/task-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test("in the image's bundle the driver logs in, and writes nothing into the working directory or the home", async () => {
  const snowflake = await startSnowflake();
  try {
    const program = join(await bundle("task"), "main.mjs");
    const directory = temporaryDirectory("pod");
    const work = { verb: "connect", connect: { connection: "warehouse" } } as const;
    const spec = aTask({ work, connections: { warehouse: snowflake.connection() } });
    const task = await runTask(spec, { HOME: directory }, program, directory);
    expect(task.parsed).toMatchObject({
      outcome: "succeeded",
      server: { version: expect.stringMatching(/^Snowflake /) },
    });
    expect(readdirSync(directory)).toEqual([]);
  } finally {
    await snowflake.stop();
  }
});
