import { compareGeneratedProjects } from "../generated/generated-suite.ts";

compareGeneratedProjects([1]);
