import type { Engine } from "../cluster/engine.ts";
import type { ToolName } from "../cluster/versions.ts";
import type { ImageReference } from "../images/app-image.ts";
import type { Kubernetes } from "./kubernetes.ts";
import type { Step } from "./step.ts";

/** Paths of the programs. */
export type Tools = Readonly<Record<ToolName, string>>;

/** The images of one start. */
export interface Images {
  readonly operator: ImageReference;
  readonly task: ImageReference;
  readonly postgres: ImageReference;
  /** Only for a sample that has an S3 server. */
  readonly versitygw?: ImageReference;
}

/** Where the pipeline runs: how to reach that cluster, and how images get there. */
export interface Target {
  clusterStep(made: {
    readonly engine: Step<Engine>;
    readonly tools: Step<Tools>;
    readonly debian: Step<unknown>;
  }): Step<Kubernetes>;
  imagesStep(made: { readonly cluster: Step<Kubernetes>; readonly images: Step<Images> }): Step<Images>;
}
