import { CHECKED_FILES, checkSuite } from "../../contract/check-suite.ts";
import { startSnowflakeScene } from "../../support/snowflake/scene.ts";

checkSuite("snowflake", async () => {
  const scene = await startSnowflakeScene();
  for (const [name, text] of Object.entries(CHECKED_FILES)) await scene.put(`${name}.csv`, text);
  await scene.load({ files: { titles: "titles.csv", credits: "credits.csv" } });
  return {
    connection: scene.snowflake.connection(),
    query: async (sql) =>
      (await scene.snowflake.query(sql)).map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value])),
      ),
    [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
  };
});
