import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { startSnowflake } from "../../support/snowflake/snowflake.ts";
import { aTask } from "../../support/task.ts";
import { bundledTask } from "../../support/task-bundle.ts";
import { runTask } from "../../support/task-process.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test("in the image's bundle the driver logs in, and writes nothing into the working directory or the home", async () => {
  const snowflake = await startSnowflake();
  try {
    const directory = temporaryDirectory("pod");
    const work = { verb: "connect", connect: { connection: "warehouse" } } as const;
    const spec = aTask({ work, connections: { warehouse: snowflake.connection() } });
    const task = await runTask(spec, { HOME: directory }, await bundledTask(), directory);
    expect(task.parsed).toMatchObject({
      outcome: "succeeded",
      server: { version: expect.stringMatching(/^Snowflake /) },
    });
    expect(readdirSync(directory)).toEqual([]);
  } finally {
    await snowflake.stop();
  }
});
