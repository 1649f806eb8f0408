import { type Frame, formatFrames, formatPosition, type Position } from "./position.ts";
import { TemplateError } from "./template-error.ts";

/** Something in a project that has to be changed before anything can run: what is wrong, where, and what to do. */
export interface Problem {
  readonly message: string;
  readonly at: Position;
  readonly frame?: Frame | undefined;
}

/** Thrown by what reads one thing of a project; whoever reads many of them collects the problems. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: Problem;

  constructor(message: string, at: Position) {
    super(message);
    this.problem = { message, at };
  }
}

/** `models/films.sql:3:7: ... (in macro m, called from ...)`. */
export function formatProblem({ message, at, frame }: Problem): string {
  return `${formatPosition(at)}: ${message}${formatFrames(frame)}`;
}

/** Problems in the order of files and lines. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const key = ({ at }: Problem) => [at.file, String(at.line).padStart(8), String(at.column).padStart(8)].join("\0");
  return [...problems].sort((left, right) => (key(left) < key(right) ? -1 : 1));
}

/** Runs something and keeps what it throws about the project as a problem; anything else is an error of this program. */
export function collectProblem<T>(problems: Problem[], run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof ProblemError) problems.push(error.problem);
    else if (error instanceof TemplateError)
      problems.push({ message: error.message, at: error.at, frame: error.frame });
    else throw error;
    return undefined;
  }
}

export function startOf(file: string): Position {
  return { file, line: 1, column: 1 };
}
