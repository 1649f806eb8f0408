import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";
import { startSnowflake } from "../../support/snowflake/snowflake.ts";
import { aTask } from "../../support/tasks/task.ts";
import { runTask } from "../../support/tasks/task-process.ts";

test("in the image's bundle the driver logs in, and writes nothing into the working directory or the home", async () => {
  const snowflake = await startSnowflake();
  try {
    const directory = temporaryDirectory("pod");
    const work = { verb: "connect", connect: { connection: "warehouse" } } as const;
    const spec = aTask({ work, connections: { warehouse: snowflake.connection() } });
    const task = await runTask(spec, { HOME: directory }, directory);
    expect(task.parsed).toMatchObject({
      outcome: "succeeded",
      server: { version: expect.stringMatching(/^Snowflake /) },
    });
    expect(readdirSync(directory)).toEqual([]);
  } finally {
    await snowflake.stop();
  }
});
