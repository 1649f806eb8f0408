// Fills a bucket with a demo's objects, then answers /healthz for as long as it lives.
//   node fill.mts OBJECTS.mts, with ENDPOINT, ACCESS_KEY, SECRET_KEY and PORT in the environment
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { createBucket, putObject } from "./bucket.mts";
import { Random } from "./random.mts";

/** What a demo's objects.mts exports. */
interface Content {
  readonly bucket: string;
  readonly objects: (random: Random) => Iterable<readonly [key: string, text: string]>;
}

const PATIENCE = 60_000;

async function fill(): Promise<void> {
  const [, , program = ""] = process.argv;
  const { bucket: name, objects } = (await import(pathToFileURL(program).href)) as Content;
  const { ENDPOINT: endpoint = "", ACCESS_KEY: accessKey = "", SECRET_KEY: secretKey = "" } = process.env;
  const bucket = { endpoint, name, accessKey, secretKey };
  await answers(endpoint);
  await createBucket(bucket);
  let count = 0;
  for (const [key, text] of objects(new Random(1))) {
    await putObject(bucket, key, Buffer.from(text));
    count += 1;
  }
  process.stdout.write(`${count} objects in the bucket ${name}\n`);
}

/** The server starts beside this program: whatever it answers, it is there. */
async function answers(endpoint: string): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    try {
      await fetch(endpoint);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

await fill();
const server = createServer((_request, response) => response.end("filled"));
server.listen(Number(process.env.PORT));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
