/** One thing wrong in a configuration, with the place an operator has to go to. */
export interface ConfigProblem {
  /** File as it was given to {@link Config.read}; absent when the option is set nowhere. */
  file?: string
  /** Line number, from 1. */
  line?: number
  group: string
  option?: string
  /** What is wrong and what is allowed; never the value of a secret. */
  message: string
}

/** A configuration that cannot be used. `problems` lists everything found, not just the first. */
export class ConfigError extends Error {
  readonly code = 'config_invalid'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(describeProblem).join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** `file:line: [group] option: message`, without the parts that are not known. */
export function describeProblem(problem: ConfigProblem): string {
  const place = problem.file ? `${problem.file}${problem.line ? `:${problem.line}` : ''}: ` : ''
  const option = problem.option ? `[${problem.group}] ${problem.option}: ` : ''
  return `${place}${option}${problem.message}`
}
