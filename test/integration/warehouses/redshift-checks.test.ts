import { CHECKED_FILES, checkSuite } from "../../contract/check-suite.ts";
import { startRedshiftLake } from "../../support/redshift/lake.ts";

checkSuite("redshift", async () => {
  const lake = await startRedshiftLake();
  for (const [name, text] of Object.entries(CHECKED_FILES)) await lake.put(`${name}.csv`, text);
  await lake.load({ files: { titles: "titles.csv", credits: "credits.csv" } });
  return {
    connection: lake.redshift.connection(lake.warehouse),
    query: (sql) => lake.warehouse.query(sql),
    [Symbol.asyncDispose]: () => lake[Symbol.asyncDispose](),
  };
});
