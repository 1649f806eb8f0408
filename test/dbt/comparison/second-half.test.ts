import { compareWrittenProjects } from "../harness/comparison-suite.ts";

compareWrittenProjects(1);
