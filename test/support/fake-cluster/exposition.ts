/** One sample of Prometheus' text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (NaN|[+-]Inf|[+-]?[0-9.]+(?:e[+-]?[0-9]+)?)$`);
const COMMENT = new RegExp(`^# (HELP|TYPE) (${NAME}) (.*)$`);
const SUFFIXES: Readonly<Record<string, readonly string[]>> = { histogram: ["_bucket", "_sum", "_count"] };

/**
 * Reads the text that Prometheus scrapes, version 0.0.4, as strictly as its grammar is written: throws for a line that is none, a
 * sample outside its family, a family or a series that comes twice, and a histogram whose buckets do not add up.
 */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith("\n")) throw new Error("expected a line feed at the end");
  const reader = new Reader();
  for (const line of text.split("\n")) if (line !== "") reader.take(line);
  for (const [name, family] of reader.families) if (family.type === "histogram") assertBuckets(name, family.samples);
  return reader.families;
}

class Reader {
  readonly families = new Map<string, { type: string; readonly help: string; readonly samples: Sample[] }>();
  readonly #series = new Set<string>();
  #current = "";

  take(line: string): void {
    const [, word, name = "", rest = ""] = COMMENT.exec(line) ?? [];
    if (word === "HELP") this.#begin(name, rest);
    else if (word === "TYPE") this.#type(name, rest);
    else this.#sample(line);
  }

  #begin(name: string, help: string): void {
    if (this.families.has(name)) throw new Error(`family ${name} comes twice`);
    this.families.set(name, { type: "", help, samples: [] });
    this.#current = name;
  }

  #type(name: string, type: string): void {
    const family = this.families.get(name);
    if (name !== this.#current || family === undefined || !/^(counter|gauge|histogram|summary)$/.test(type))
      throw new Error(`the type of ${name} is misplaced or none: ${type}`);
    family.type = type;
  }

  #sample(line: string): void {
    const sample = parseSample(line);
    const family = this.families.get(this.#current);
    if (family === undefined || !belongs(sample, this.#current, family.type))
      throw new Error(`outside its family: ${line}`);
    const identity = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (this.#series.has(identity)) throw new Error(`comes twice: ${line}`);
    this.#series.add(identity);
    family.samples.push(sample);
  }
}

function parseSample(line: string): Sample {
  const [, name, labels = "", value = ""] = SAMPLE.exec(line) ?? [];
  if (name === undefined) throw new Error(`no sample: ${line}`);
  return { name, labels: parseLabels(labels, line), value: Number(value.replace("Inf", "Infinity")) };
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== ""; ) {
    const [whole = "", name = "", value = ""] = LABEL.exec(rest) ?? [];
    if (whole === "" || Object.hasOwn(labels, name)) throw new Error(`no labels: ${line}`);
    labels[name] = value.replace(/\\(["\\n])/g, (_, escaped) => (escaped === "n" ? "\n" : escaped));
    rest = rest.slice(whole.length);
  }
  return labels;
}

function belongs({ name }: Sample, family: string, type: string): boolean {
  return (SUFFIXES[type] ?? [""]).some((suffix) => name === `${family}${suffix}`);
}

function assertBuckets(name: string, samples: readonly Sample[]): void {
  const counts = new Map<string, number>();
  for (const sample of samples.filter((each) => each.name === `${name}_bucket`)) {
    const { le, ...labels } = sample.labels;
    const key = JSON.stringify(labels);
    if (le === undefined || sample.value < (counts.get(key) ?? 0)) throw new Error(`buckets of ${name}${key} shrink`);
    counts.set(key, sample.value);
  }
  for (const { name: sampleName, labels, value } of samples) {
    if (sampleName === `${name}_count` && counts.get(JSON.stringify(labels)) !== value)
      throw new Error(`${name}_count`);
  }
}
