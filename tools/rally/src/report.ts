import { canPin } from './pinned-process.ts'
import { ratios, spread, turnSeconds, type RoundOptions, type Sample, type Spread } from './rounds.ts'

/** A target's least ratio to the base, as a median. */
export type Goals = Record<string, number>

/** Prints what was measured. @returns whether every goal was reached */
export function report(
  title: string,
  samples: ReadonlyMap<string, readonly Sample[]>,
  options: RoundOptions & { base: string; goals: Goals; bodyBytes: number },
): boolean {
  const { base, goals, rounds, seconds, connections, bodyBytes } = options
  console.log(title)
  console.log(
    `body ${bodyBytes} bytes, ${connections} connections, ${rounds} rounds of ${seconds} s each, by turns of ${turnSeconds} s, ` +
      (canPin ? 'server on processor 0, load on processor 1' : 'processors not pinned'),
  )
  let reached = true
  for (const [name, own] of samples) {
    const ratio = ratios(own, samples.get(base)!)
    const goal = goals[name]
    if (goal !== undefined && ratio.median < goal) reached = false
    const figures = [
      `${text(spread(own.map(({ rate }) => rate)), 0)} requests/s`,
      `${spread(own.map(({ cpuMicroseconds }) => cpuMicroseconds)).median.toFixed(1)} us of processor each`,
      `busy ${spread(own.map(({ busy }) => busy)).median.toFixed(2)}`,
      `ratio ${text(ratio, 3)}`,
      ...(goal === undefined ? [] : [`${ratio.median >= goal ? 'reaches' : 'MISSES'} ${goal}`]),
    ]
    console.log(`${name.padEnd(28)} ${figures.join(', ')}`)
  }
  return reached
}

function text({ min, median, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`
}
